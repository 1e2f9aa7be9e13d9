"""What address resolution is for, and which addresses can be learned."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest

from hnvemu.addresses import MacAddress
from hnvemu.model.policy import Profile
from hnvemu.model.records import CustomerRoute, LookupRecord, RecordType
from hnvemu.model.topology import VmPort
from hnvemu.tables.neighbours import Message, learnt, message_of, speaker
from hnvemu.tables.view import View
from hnvemu.value import replace
from hnvemu.wire.build import build_frame
from hnvemu.wire.flow import Flow, read_flow
from hnvemu.wire.neighbour import SOLICITED, advertisement, arp_frame, question, solicitation

A, B = MacAddress(0x0200_0000_010A), MacAddress(0x0200_0000_010B)
ALL, NONE = MacAddress(0xFFFF_FFFF_FFFF), MacAddress(0)
A6, B6 = IPv6Address("2001:db8:1::a"), IPv6Address("2001:db8:1::b")
L2_ONLY = LookupRecord(
    ca=ip_address("0.0.0.0"),
    vsid=5001,
    mac=A,
    pa=ip_address("192.168.10.11"),
    type=RecordType.L2_ONLY,
)


def arp(operation: int, sender: str, target: str, to: MacAddress) -> Flow:
    return read_flow(
        arp_frame(
            operation=operation,
            src_mac=A,
            dst_mac=to,
            sender=IPv4Address(sender),
            target=IPv4Address(target),
            target_mac=NONE,
        )
    )


@pytest.mark.parametrize(
    ("operation", "sender", "target", "to", "kind"),
    [
        (1, "10.0.1.10", "10.0.1.11", ALL, Message.QUESTION),
        (1, "10.0.1.10", "10.0.1.11", B, Message.CHECK),
        (1, "0.0.0.0", "10.0.1.11", ALL, Message.PROBE),
        (1, "0.0.0.0", "10.0.1.11", B, Message.PROBE),
        (1, "0.0.0.0", "0.0.0.0", ALL, Message.PROBE),
        (1, "10.0.1.10", "10.0.1.10", ALL, Message.ANNOUNCEMENT),
        (1, "10.0.1.10", "10.0.1.10", B, Message.CHECK),
        (2, "10.0.1.10", "10.0.1.11", B, Message.ANSWER),
        (2, "10.0.1.10", "10.0.1.10", ALL, Message.ANNOUNCEMENT),
        (2, "10.0.1.10", "10.0.1.11", ALL, Message.ANNOUNCEMENT),
    ],
)
def test_an_arp_message_is_for_one_thing(
    operation: int, sender: str, target: str, to: MacAddress, kind: Message
) -> None:  # ARP-7
    assert message_of(arp(operation, sender, target, to)) is kind


def test_an_advertisement_is_an_answer_or_an_announcement() -> None:
    def told(dst: str) -> Flow:
        frame = advertisement(
            src_mac=A, dst_mac=B, src=A6, dst=IPv6Address(dst), target=A6, flags=SOLICITED
        )
        return read_flow(frame)

    assert message_of(told("2001:db8:1::b")) is Message.ANSWER
    assert message_of(told("ff02::1")) is Message.ANNOUNCEMENT


def test_a_solicitation_is_told_by_its_addresses() -> None:
    def asked(src: str, dst: str) -> Message:
        frame = solicitation(
            src_mac=A, dst_mac=B, src=IPv6Address(src), dst=IPv6Address(dst), target=B6
        )
        return message_of(read_flow(frame))

    assert asked("2001:db8:1::a", "ff02::1:ff00:b") is Message.QUESTION
    assert asked("2001:db8:1::a", "2001:db8:1::b") is Message.CHECK
    assert asked("::", "ff02::1:ff00:b") is Message.PROBE


def test_an_advertised_address_may_not_be_the_source() -> None:
    src, dst = IPv6Address("fe80::a"), IPv6Address("ff02::1")
    frame = advertisement(src_mac=A, dst_mac=ALL, src=src, dst=dst, target=A6, flags=0)

    assert speaker(read_flow(frame)) == int(A6)


def test_others_speak_for_their_source() -> None:
    asked = question(src_mac=A, src=A6, target=B6, dst_mac=None)
    packet = build_frame(src_mac=A, dst_mac=B, src=A6, dst=B6, protocol=17)

    assert speaker(read_flow(asked)) == int(A6)
    assert speaker(read_flow(packet)) == int(A6)


def test_what_is_learned_has_the_place_of_the_l2_only_record() -> None:
    record = learnt(L2_ONLY, 4, 0x0A00_013C, None)

    assert (str(record.ca), record.type) == ("10.0.1.60", RecordType.DYNAMIC)
    assert (record.mac, record.pa, record.vsid) == (A, L2_ONLY.pa, 5001)
    assert learnt(L2_ONLY, 4, 0x0A00_013C, record) is record
    assert learnt(L2_ONLY, 4, 0x0A00_013C, replace(record, mac=B)) == record


ON_LINK = CustomerRoute(
    rdid="{R}", prefix=ip_network("10.0.1.0/24"), next_hop=None, vsid=5001, network="T"
)


@pytest.mark.parametrize(
    ("address", "may"),
    [
        ("10.0.1.60", True),
        ("10.0.1.1", False),
        ("0.0.0.0", False),
        ("0.1.2.3", False),
        ("1.0.0.0", True),
        ("126.255.255.255", True),
        ("127.0.0.1", False),
        ("128.0.0.1", True),
        ("169.254.0.1", False),
        ("169.255.0.1", True),
        ("223.255.255.255", True),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::", False),
        ("::1", False),
        ("fe80::a", True),
        ("ff02::1", False),
    ],
)
def test_a_vm_may_have_ordinary_addresses_alone(address: str, *, may: bool) -> None:
    view = View([], (ON_LINK,), Profile.TRANSPARENT)
    ca = ip_address(address)

    assert view.can_be_held(5001, ca.version, int(ca)) is may


def test_of_two_l2_only_records_of_a_mac_the_order_does_not_decide() -> None:
    other = replace(L2_ONLY, pa=ip_address("192.168.10.12"))

    for records in ([L2_ONLY, other], [other, L2_ONLY]):
        view = View(records, (ON_LINK,), Profile.TRANSPARENT)
        assert view.l2_only(5001)[A].pa == L2_ONLY.pa


def test_a_port_is_full_when_it_has_as_many_dynamic_addresses_as_it_may() -> None:
    port = VmPort(name="T/A", network="T", host="H1", vsid=5001, mac=A, cas=(), dynamic_ip_limit=1)
    dynamic = learnt(L2_ONLY, 4, 0x0A00_013C, None)
    empty = View([L2_ONLY], (ON_LINK,), Profile.TRANSPARENT)
    full = View([L2_ONLY, dynamic], (ON_LINK,), Profile.TRANSPARENT)

    assert not empty.is_full(port)
    assert full.is_full(port)
    assert not full.is_full(port, dynamic)
    assert not full.is_full(replace(port, dynamic_ip_limit=None))
    assert not full.is_full(replace(port, mac=B))


def test_groups_and_the_dot_one_are_no_members() -> None:
    def record(ca: str, pa: str) -> LookupRecord:
        return replace(L2_ONLY, ca=ip_address(ca), pa=ip_address(pa), type=RecordType.STATIC)

    member = record("10.0.1.11", "192.168.10.12")
    others = [
        record("10.0.1.1", "169.254.254.254"),
        record("239.1.1.1", "239.9.9.9"),
        record("255.255.255.255", "239.9.9.9"),
    ]
    view = View([member, L2_ONLY, *others], (ON_LINK,), Profile.TRANSPARENT)

    assert view.members(5001) == [member, L2_ONLY]
    assert view.members(5002) == []
    assert {str(pa) for pa in view.groups(5001)} == {"239.9.9.9"}
