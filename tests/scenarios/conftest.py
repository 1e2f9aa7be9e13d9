"""The reference network of the scenarios, and the frames that its guests send.

``network()`` is the sample ``complex-routing``; a test writes down how its own network differs.
"""

from __future__ import annotations

import re
from functools import cache
from ipaddress import ip_address, ip_network
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import dedent
from typing import TYPE_CHECKING, NamedTuple

import pytest

from hnvemu import Fabric, Profile, load_policy
from hnvemu.addresses import MacAddress, group_mac
from hnvemu.wire.build import build_frame
from hnvemu.wire.neighbour import announcement, question

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hnvemu import Policy
    from hnvemu.addresses import IPAddress

SAMPLE = Path(__file__).parents[2] / "policies" / "complex-routing.yaml"
GENERATED = "generate_lookup_records: true"
GATEWAY_MAC = "02-00-00-FF-FF-01"
PROTOCOLS = {"icmp": 1, "tcp": 6, "udp": 17, "icmpv6": 58}


class Guest(NamedTuple):
    mac: str
    subnets: tuple[str, ...]
    addresses: tuple[str, ...]


LEFT = ("10.0.1.0/24", "2001:db8:1::/64")
MIDDLE = ("10.0.2.0/24", "2001:db8:2::/64")
RIGHT = ("10.1.2.0/24", "2001:db8:12::/64")
GUESTS = {
    "A": Guest("02-00-00-00-01-0A", LEFT, ("10.0.1.10", "2001:db8:1::a")),
    "B": Guest("02-00-00-00-01-0B", LEFT, ("10.0.1.11", "2001:db8:1::b")),
    "C": Guest("02-00-00-00-01-0C", LEFT, ("10.0.1.12",)),
    "X": Guest("02-00-00-00-02-14", RIGHT, ("10.1.2.20", "2001:db8:12::14")),
    "Y": Guest("02-00-00-00-02-15", RIGHT, ("10.1.2.21",)),
    "GW": Guest("02-00-00-00-03-FA", MIDDLE, ("10.0.2.250", "2001:db8:2::fa")),
    "GW2": Guest("02-00-00-00-03-FB", MIDDLE, ("10.0.2.251",)),
    "Z": Guest("02-00-00-00-61-0A", LEFT, ("10.0.1.10",)),
    "D": Guest("02-00-00-00-01-0D", LEFT, ("10.0.1.60",)),
    "W": Guest("02-00-00-00-61-0B", LEFT, ("10.0.1.11",)),
}
TENANT_U = {"Z", "W"}


@pytest.fixture
def network() -> Callable[..., Fabric]:
    """Build the reference network after some edits.

    An edit ``(old, new)`` replaces a text that stands in the sample once, with comments and
    alignment left out. ``routes``, ``vms`` and ``records`` are added to virtual network T, each
    a YAML mapping without its braces. ``also`` is a second policy file beside it.
    """

    def build(
        *edits: tuple[str, str],
        routes: tuple[str, ...] = (),
        vms: tuple[str, ...] = (),
        records: tuple[str, ...] = (),
        also: str = "",
        profile: str = "transparent",
        flow_id: int | None = 0,
    ) -> Fabric:
        text = re.sub(r" *#.*", "", SAMPLE.read_text())
        text = re.sub(r"(?<=\S) +", " ", text)
        if records:
            edits = (*edits, (GENERATED, f"{GENERATED}\n    lookup_records:"))
        for old, new in edits:
            assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in the sample"
            text = text.replace(old, new)
        for key, lines in (
            ("customer_routes:", [f"- {{{route}}}" for route in routes]),
            ("vms:", [f"{name}: {{{rest}}}" for name, rest in (vm.split(": ", 1) for vm in vms)]),
            ("lookup_records:", [f"- {{{record}}}" for record in records]),
        ):
            text = text.replace(f"{key}\n", "\n      ".join([key, *lines]) + "\n", 1)
        policy = _policy(text, dedent(also))
        return Fabric.compile(policy, profile=Profile(profile), flow_id=flow_id)

    return build


@cache
def _policy(text: str, also: str) -> Policy:
    """Load a policy of one or two files; most tests begin with the same one."""
    with TemporaryDirectory() as folder:
        Path(folder, "1-network.yaml").write_text(text)
        if also:
            Path(folder, "2-also.yaml").write_text(f"hnv: 1\n{also}")
        return load_policy(folder)


@pytest.fixture
def frame() -> Callable[..., bytes]:
    """Build what a guest sends: by default a ping of 98 octets over IPv4, 118 over IPv6.

    Without ``dst_mac`` the guest uses its peer's MAC inside the subnet and that of the gateway
    otherwise, as ARP told it.
    """

    def build(
        sender: str,
        to: str,
        protocol: str = "",
        *,
        src: str | None = None,
        src_mac: str | None = None,
        dst_mac: str | None = None,
        **fields: int,
    ) -> bytes:
        guest = GUESTS[sender]
        dst = ip_address(GUESTS[to].addresses[0] if to in GUESTS else to)
        own = next(text for text in guest.addresses if ip_address(text).version == dst.version)
        return build_frame(
            src_mac=MacAddress.parse(src_mac or guest.mac),
            dst_mac=MacAddress.parse(dst_mac or _neighbour(sender, dst)),
            src=ip_address(src or own),
            dst=dst,
            protocol=PROTOCOLS[protocol or ("icmp" if dst.version == 4 else "icmpv6")],
            **fields,  # type: ignore[arg-type]
        )

    return build


@pytest.fixture
def asks() -> Callable[..., bytes]:
    """Build what a guest sends to learn a MAC: ARP for IPv4, a neighbour solicitation for IPv6.

    ``to`` asks one MAC alone. ``src`` is the sender's address, unspecified in a probe.
    """

    def build(sender: str, target: str, *, to: str | None = None, src: str | None = None) -> bytes:
        guest, address = GUESTS[sender], ip_address(target)
        own = next(text for text in guest.addresses if ip_address(text).version == address.version)
        return question(
            src_mac=MacAddress.parse(guest.mac),
            src=ip_address(src or own),
            target=address,
            dst_mac=None if to is None else MacAddress.parse(to),
        )

    return build


@pytest.fixture
def announces() -> Callable[..., bytes]:
    """Build a guest's gratuitous ARP, or unsolicited neighbour advertisement, of an address."""

    def build(sender: str, address: str) -> bytes:
        return announcement(
            src_mac=MacAddress.parse(GUESTS[sender].mac), address=ip_address(address)
        )

    return build


def _neighbour(sender: str, dst: IPAddress) -> str:
    """Return the MAC that ``sender`` has learned for ``dst``."""
    if dst.is_multicast or str(dst) == "255.255.255.255":
        return str(group_mac(dst))
    if any(dst in ip_network(subnet) for subnet in GUESTS[sender].subnets):
        return next(_macs_of(dst, tenant_u=sender in TENANT_U), GATEWAY_MAC)
    return GATEWAY_MAC


def _macs_of(address: IPAddress, *, tenant_u: bool) -> Iterator[str]:
    for name, guest in GUESTS.items():
        if str(address) in guest.addresses and (name in TENANT_U) is tenant_u:
            yield guest.mac
