"""What the conditions of rules mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from hnvemu.addresses import MacAddress
from hnvemu.model.acl import Addresses, AddressRange, Ports, Protocol
from hnvemu.model.policy import Service
from hnvemu.model.topology import NetworkProfile
from hnvemu.reader import conditions
from hnvemu.reader.shape import RefusedError, Scalar

if TYPE_CHECKING:
    from hnvemu.reader.shape import ListOf


def condition(kind: ListOf, *texts: str) -> Any:
    assert isinstance(kind.item, Scalar)
    return kind.combine(tuple(kind.item.read(text) for text in texts))


TEN = 10 << 24


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("10.0.0.5", TEN + 5, TEN + 5),
        ("10.0.0.5/24", TEN, TEN + 255),
        ("10.0.0.0/255.255.255.0", TEN, TEN + 255),
        ("10.0.0.9-10.0.0.20", TEN + 9, TEN + 20),
        ("10.0.0.20 - 10.0.0.9", TEN + 20, TEN + 9),
        ("0.0.0.0/0", 0, 2**32 - 1),
        ("10.0.0.1/0.0.0.0", 0, 2**32 - 1),
    ],
)
def test_addresses_are_ranges(text: str, first: int, last: int) -> None:
    assert condition(conditions.ADDRESS_CONDITION, text) == Addresses(
        (AddressRange(4, first, last),)
    )


def test_ipv6_prefix_is_a_range() -> None:
    (part,) = condition(conditions.ADDRESS_CONDITION, "2001:db8::/127").ranges

    assert part == AddressRange(6, 0x20010DB8 << 96, (0x20010DB8 << 96) + 1)


@pytest.mark.parametrize(
    "text",
    [
        "10.0.0.0/33",
        "10.0.0.0/-1",
        "10.0.0.0/",
        "10.0.0.0/255.0.255.0",
        "10.0.0.0/0.0.0.255",
        "::/255.255.255.0",
        "10.0.0.1-::1",
        "10.0.0.1-",
        "nonsense",
    ],
)
def test_bad_addresses_carry_their_number(text: str) -> None:
    with pytest.raises(RefusedError) as caught:
        condition(conditions.ADDRESS_CONDITION, text)

    assert caught.value.code == "HNV405"


@pytest.mark.parametrize("words", [("any",), ("Any",), ("10.0.0.1", "*")])
def test_any_among_addresses_matches_everything(words: tuple[str, ...]) -> None:
    assert condition(conditions.ADDRESS_CONDITION, *words) is None


def test_keywords_may_be_narrowed_to_a_family() -> None:
    found = condition(conditions.ADDRESS_CONDITION, "LocalSubnet", "DNS4", "10.0.0.1")

    assert found.keywords == ("localsubnet", "dns4")
    assert len(found.ranges) == 1


def test_port_acl_takes_a_mac() -> None:
    found = condition(conditions.ADDRESS_OR_MAC_CONDITION, "02:00:00:00:01:0a")

    assert found == MacAddress(0x0200_0000_010A)
    assert condition(conditions.ADDRESS_OR_MAC_CONDITION, "ANY") is None


@pytest.mark.parametrize("text", ["100.100.100.100", "10.0.1.10-10.0.1.12", "1234:5678::9012"])
def test_an_address_with_twelve_digits_is_no_mac(text: str) -> None:
    found = condition(conditions.ADDRESS_OR_MAC_CONDITION, text)

    assert str(found) == text


@pytest.mark.parametrize(
    "kind",
    [
        conditions.ADDRESS_CONDITION,
        conditions.ADDRESS_OR_MAC_CONDITION,
        conditions.PORT_CONDITION,
        conditions.ICMP_TYPES,
        conditions.RULE_PROFILES,
    ],
)
def test_empty_list_is_refused(kind: ListOf) -> None:
    with pytest.raises(RefusedError, match="an empty list matches nothing"):
        kind.combine(())


def test_ports_are_ranges_and_keywords() -> None:
    found = condition(conditions.PORT_CONDITION, "80", "8000-8100", "9-1", "RPC", "IPHTTPSIn")

    assert found == Ports(((80, 80), (8000, 8100), (9, 1)), ("rpc", "iphttpsin"))


def test_any_among_ports_matches_everything() -> None:
    assert condition(conditions.PORT_CONDITION, "80", "Any") is None


@pytest.mark.parametrize("text", ["65536", "80-65536", "-1", "80-", "http", "1-2-3", "²"])
def test_bad_ports_are_refused(text: str) -> None:
    with pytest.raises(RefusedError):
        condition(conditions.PORT_CONDITION, text)


@pytest.mark.parametrize(
    ("text", "protocol"),
    [
        ("TCP", Protocol(6)),
        ("udp", Protocol(17)),
        ("ICMPv4", Protocol(1, 4)),
        ("icmpv6", Protocol(58, 6)),
        ("1", Protocol(1)),
        ("255", Protocol(255)),
        ("Any", None),
        ("All", None),
    ],
)
def test_protocols_by_name_and_number(text: str, protocol: Protocol | None) -> None:
    assert conditions.PROTOCOL.read(text) == protocol


@pytest.mark.parametrize("text", ["256", "-1", "icmp", "gre"])
def test_other_protocols_are_refused(text: str) -> None:
    with pytest.raises(RefusedError):
        conditions.PROTOCOL.read(text)


def test_icmp_types_are_ranges_of_type_and_code() -> None:
    assert condition(conditions.ICMP_TYPES, "8", "3:4") == ((0x0800, 0x08FF), (0x0304, 0x0304))
    assert condition(conditions.ICMP_TYPES, "any") is None


@pytest.mark.parametrize("text", ["256", "8:", ":0", "8:256", "echo", "8:0:0"])
def test_other_icmp_types_are_refused(text: str) -> None:
    with pytest.raises(RefusedError):
        condition(conditions.ICMP_TYPES, text)


def test_profiles_of_a_rule() -> None:
    found = condition(conditions.RULE_PROFILES, "Domain", "private")

    assert found == (NetworkProfile.DOMAIN, NetworkProfile.PRIVATE)
    assert condition(conditions.RULE_PROFILES, "domain", "Any") is None


@pytest.mark.parametrize(
    ("text", "service"),
    [
        ("tcp/80", Service(6, (80, 80))),
        ("UDP/8000-8100", Service(17, (8000, 8100))),
        ("tcp", Service(6)),
        ("icmp/echo", Service(1)),
        ("icmp/8:0", Service(1)),
        ("icmpv6/128", Service(58)),
        ("47", Service(47)),
    ],
)
def test_services(text: str, service: Service) -> None:
    assert conditions.service(text) == service


@pytest.mark.parametrize("text", ["http", "tcp/", "47/1", "icmp/3", "256", "tcp/x", "arp"])
def test_other_services_are_refused(text: str) -> None:
    with pytest.raises(RefusedError):
        conditions.service(text)
