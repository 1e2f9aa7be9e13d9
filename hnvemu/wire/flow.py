"""What a decision may see of a frame: its header fields as numbers.

Rules of the file: nothing here builds packet objects; :func:`read_flow` reads octets once, in
place, and never raises on a frame of 14 octets or more, however broken.
"""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple


class Fault(IntEnum):
    """Why an IP packet cannot be forwarded as it stands (ING-7)."""

    NONE = 0
    TRUNCATED = 1
    """The frame ends inside the IP header or one of its extension headers."""
    VERSION = 2
    """The version field does not fit the EtherType, or the IPv4 header length is below 20."""
    LENGTH = 3
    """The packet says it is longer than the frame, or shorter than its own header."""
    TRANSPORT = 4
    """The packet ends inside its TCP (20 octets), UDP (8) or ICMP (4) header."""
    CHECKSUM = 5
    """The IPv4 header checksum is wrong."""


class Flow(NamedTuple):
    """All that a decision may read, and what equal decisions are remembered by.

    Numbers only. -1 stands for a field that the frame does not have; the fields of a packet whose
    ``fault`` is TRUNCATED, VERSION or LENGTH are those of a frame without IP (``version`` 0).
    """

    src_mac: int
    dst_mac: int
    vlan: int
    """VLAN identifier of an 802.1Q tag (EtherType 0x8100), or -1."""
    ethertype: int
    """Of what follows the source MAC, or of what follows the 802.1Q tag where there is one."""
    fault: int
    """A :class:`Fault`."""
    version: int
    """4 or 6; 0 where there is no readable IP header."""
    src: int
    dst: int
    protocol: int
    """What follows the IP header; in IPv6, what follows the extension headers."""
    src_port: int
    """Of TCP and UDP; -1 otherwise, and in every fragment but the first."""
    dst_port: int
    icmp: int
    """``type << 8 | code`` of ICMP over IPv4 and ICMPv6 over IPv6; -1 otherwise."""
    echo_id: int
    """Identifier of an ICMP echo request or reply; -1 otherwise."""
    ttl: int
    """TTL, or hop limit."""
    length: int
    """Total length of the IP packet in octets, headers included; 0 without IP."""
    tos: int
    """The TOS or traffic class octet: DSCP in the upper six bits, ECN in the lower two."""
