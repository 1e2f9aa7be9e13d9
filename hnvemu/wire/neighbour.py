"""ARP and neighbour discovery in octets: questions of guests, and the answers that HNV gives.

Rules of the file: equal fields give equal octets, without padding; checksums are always right.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

from hnvemu.addresses import MacAddress, address_of, group_mac, parse_address
from hnvemu.wire.build import icmpv6_frame
from hnvemu.wire.flow import ARP_ETHERTYPE, ARP_REPLY, read_flow

if TYPE_CHECKING:
    from ipaddress import IPv4Address, IPv6Address

SOLICITATION: Final = 135
ADVERTISEMENT: Final = 136
SOLICITED: Final = 0x4000_0000
OVERRIDE: Final = 0x2000_0000

_ARP_START: Final = struct.pack("!HHBB", 1, 0x0800, 6, 4)  # RFC 826: Ethernet and IPv4
_SOURCE_OPTION: Final = b"\x01\x01"  # RFC 4861, 4.6.1: link-layer address, in units of 8 octets
_TARGET_OPTION: Final = b"\x02\x01"
ALL_NODES: Final = parse_address("ff02::1")


def solicited_node(target: IPv6Address) -> IPv6Address:
    """Return the group in which every holder of ``target`` listens (RFC 4291)."""
    group = address_of(6, 0xFF02 << 112 | 0x1_FF00_0000 | int(target) & 0xFF_FFFF)
    assert group.version == 6  # noqa: S101 - tells the type checker
    return group


def arp_frame(
    *,
    operation: int,
    src_mac: MacAddress,
    dst_mac: MacAddress,
    sender: IPv4Address,
    target: IPv4Address,
    target_mac: MacAddress,
) -> bytes:
    """Return a frame with one ARP message about IPv4 over Ethernet.

    Args:
        operation: 1 asks, 2 answers.
        src_mac: Source MAC, which is the sender's hardware address too.
        dst_mac: Destination MAC.
        sender: The sender's address; 0.0.0.0 in a probe.
        target: The target's address.
        target_mac: The target's hardware address; zero in a question.
    """
    return b"".join(
        (
            dst_mac.to_bytes(6),
            src_mac.to_bytes(6),
            ARP_ETHERTYPE.to_bytes(2),
            _ARP_START,
            operation.to_bytes(2),
            src_mac.to_bytes(6),
            sender.packed,
            target_mac.to_bytes(6),
            target.packed,
        )
    )


def solicitation(
    *,
    src_mac: MacAddress,
    dst_mac: MacAddress,
    src: IPv6Address,
    dst: IPv6Address,
    target: IPv6Address,
) -> bytes:
    """Return a frame with a neighbour solicitation; one from ``::`` carries no option."""
    option = _SOURCE_OPTION + src_mac.to_bytes(6) if int(src) else b""
    body = bytes(4) + target.packed + option
    return icmpv6_frame(
        src_mac=src_mac, dst_mac=dst_mac, src=src, dst=dst, icmp_type=SOLICITATION, body=body
    )


def advertisement(
    *,
    src_mac: MacAddress,
    dst_mac: MacAddress,
    src: IPv6Address,
    dst: IPv6Address,
    target: IPv6Address,
    flags: int,
) -> bytes:
    """Return a frame with a neighbour advertisement of ``src_mac`` for ``target``."""
    body = flags.to_bytes(4) + target.packed + _TARGET_OPTION + src_mac.to_bytes(6)
    return icmpv6_frame(
        src_mac=src_mac, dst_mac=dst_mac, src=src, dst=dst, icmp_type=ADVERTISEMENT, body=body
    )


def answer(frame: bytes, mac: MacAddress) -> bytes:
    """Return what tells the asker in ``frame`` that its target is at ``mac`` (ARP-10).

    It comes from ``mac`` and goes to the MAC that asked. A question from ``::`` is answered to all
    nodes and not as solicited, for there is no address to answer to (RFC 4861, 7.2.4).
    """
    flow = read_flow(frame)
    asker = MacAddress(flow.src_mac)
    src, target = address_of(flow.version, flow.src), address_of(flow.version, flow.target)
    if src.version == 4 and target.version == 4:
        return arp_frame(
            operation=ARP_REPLY,
            src_mac=mac,
            dst_mac=asker,
            sender=target,
            target=src,
            target_mac=asker,
        )
    assert src.version == 6 and target.version == 6 and ALL_NODES.version == 6  # noqa: S101, PT018 - tells the type checker
    known = int(src) != 0
    return advertisement(
        src_mac=mac,
        dst_mac=asker,
        src=target,
        dst=src if known else ALL_NODES,
        target=target,
        flags=SOLICITED | OVERRIDE if known else OVERRIDE,
    )


def question(
    *,
    src_mac: MacAddress,
    src: IPv4Address | IPv6Address,
    target: IPv4Address | IPv6Address,
    dst_mac: MacAddress | None,
) -> bytes:
    """Return what a guest sends to learn the MAC of ``target``: ARP, or neighbour solicitation.

    Args:
        src_mac: The guest's.
        src: The guest's address, or the unspecified one in a probe for duplicates.
        target: Of the same family.
        dst_mac: Whom the guest asks alone; None: everybody.
    """
    if src.version == 4 and target.version == 4:
        return arp_frame(
            operation=1,
            src_mac=src_mac,
            dst_mac=MacAddress(0xFFFF_FFFF_FFFF) if dst_mac is None else dst_mac,
            sender=src,
            target=target,
            target_mac=MacAddress(0),
        )
    if src.version == 6 and target.version == 6:
        dst = solicited_node(target) if dst_mac is None else target
        return solicitation(
            src_mac=src_mac,
            dst_mac=group_mac(dst) if dst_mac is None else dst_mac,
            src=src,
            dst=dst,
            target=target,
        )
    raise ValueError(f"{src} and {target} are not of one family")


def announcement(*, src_mac: MacAddress, address: IPv4Address | IPv6Address) -> bytes:
    """Return what a guest sends to tell everybody that it has ``address``.

    Gratuitous ARP, or an unsolicited neighbour advertisement.
    """
    if address.version == 4:
        everybody = MacAddress(0xFFFF_FFFF_FFFF)
        return arp_frame(
            operation=1,
            src_mac=src_mac,
            dst_mac=everybody,
            sender=address,
            target=address,
            target_mac=MacAddress(0),
        )
    assert ALL_NODES.version == 6  # noqa: S101 - tells the type checker
    return advertisement(
        src_mac=src_mac,
        dst_mac=group_mac(ALL_NODES),
        src=address,
        dst=ALL_NODES,
        target=address,
        flags=OVERRIDE,
    )
