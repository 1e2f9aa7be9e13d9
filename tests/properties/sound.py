"""Networks without a mistake, made from a stream of random numbers, and what arrives in them.

Rules of the file: equal numbers give equal networks; nothing here knows the rules of lint.
"""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any, NamedTuple

from hnvemu import Fabric, load_policy
from hnvemu.addresses import parse_address
from hnvemu.model.policy import Profile
from hnvemu.model.topology import Guest
from hnvemu.switch.guest import first_hop
from hnvemu.wire.build import build_frame
from hnvemu.wire.flow import ICMP, ICMPV6, TCP

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator

    from hnvemu import Policy
    from hnvemu.addresses import IPAddress
    from hnvemu.model.topology import VmPort

OUTSIDE = {4: parse_address("8.8.8.8"), 6: parse_address("2001:4860::8888")}
SMALL = 100
"""Octets of an IP packet that fits everywhere."""
_GUEST_MTU = 1500
_OVERHEAD = {4: 42, 6: 62}
_ROUTER = {"mac": "02-00-00-FF-FF-01", "pa": "169.254.254.254"}


class Probe(NamedTuple):
    """A packet that is asked for in a network and in its mutants: by names, not by addresses."""

    source: str
    destination: str
    """A port, or ``outside``."""
    version: int
    kind: str
    """``echo``, ``tcp``, ``full`` (as long as the guest may send), ``back`` (from outside)."""


class Verdict(NamedTuple):
    """What became of it."""

    outcome: str
    reason: str | None
    receivers: tuple[str, ...]
    resolved: bool
    """Whether the sender's guest knew the MAC to send to; otherwise it cannot send at all."""

    @property
    def arrives(self) -> bool:
        """Whether a VM or a gateway has it."""
        return self.outcome in {"delivered", "to_gateway"}


def document(numbers: random.Random) -> dict[str, Any]:
    """Make up a policy as its file would say it: one or two networks on four hosts."""
    profile = numbers.choice(["transparent", "transparent", "ws2012", "ws2012r2", "hnvv2"])
    with_ipv6 = numbers.random() < 0.5
    hosts = _hosts(numbers, jumbo=profile == "hnvv2")
    networks = {
        f"N{at}": _network(numbers, at, with_ipv6=with_ipv6)
        for at in range(numbers.choice([1, 1, 2]))
    }
    for network in networks.values():
        network["generate_lookup_records"] = numbers.random() < 0.3
        if not network["generate_lookup_records"]:
            network["lookup_records"] = _records(network, hosts)
    return {"hnv": 1, "profile": profile, "hosts": hosts, "virtual_networks": networks}


def _hosts(numbers: random.Random, *, jumbo: bool) -> dict[str, Any]:
    """Four hosts in one rack or in two; the last one is for gateways."""
    racks = numbers.choice([[10, 10, 10, 10], [10, 10, 20, 20]])
    with_routes = len({*racks}) > 1 or numbers.random() < 0.5
    found: dict[str, Any] = {}
    for at, rack in enumerate(racks):
        found[f"H{at + 1}"] = {
            "provider_addresses": [
                {"address": f"192.168.{rack}.{11 + at}/24", "vlan": 0, "state": "preferred"}
            ],
            "provider_routes": [{"prefix": "0.0.0.0/0", "next_hop": f"192.168.{rack}.1"}]
            if with_routes
            else [],
            "provider_mtu": 1700 if jumbo else 1500,
        }
    return found


def _network(numbers: random.Random, number: int, *, with_ipv6: bool) -> dict[str, Any]:
    """Two subnets of VMs and perhaps one of a gateway, which is the way outside."""
    base = 5001 + 1000 * number
    subnets = {base: ("10.0.1", "2001:db8:1:"), base + 2: ("10.1.2", "2001:db8:12:")}
    has_gateway = numbers.random() < 0.8
    if has_gateway:
        subnets[base + 1] = ("10.0.2", "2001:db8:2:")
    routes = []
    for vsid, (near, near6) in subnets.items():
        routes.append({"prefix": f"{near}.0/24", "next_hop": "on-link", "vsid": vsid})
        if with_ipv6:
            routes.append({"prefix": f"{near6}:/64", "next_hop": "on-link", "vsid": vsid})
    vms: dict[str, Any] = {}
    for at in range(numbers.randint(3, 5)):
        vsid = base + 2 * (at % 2)
        near, near6 = subnets[vsid]
        vms[f"V{at}"] = {
            "host": f"H{numbers.randint(1, 3)}",
            "vsid": vsid,
            "mac": f"02-00-00-0{number}-01-{16 + at:02X}",
            "ca": [f"{near}.{16 + at}"] + ([f"{near6}:{16 + at:x}"] if with_ipv6 else []),
        }
    if has_gateway:
        vms["GW"] = {
            "host": "H4",
            "vsid": base + 1,
            "mac": f"02-00-00-0{number}-02-FA",
            "ca": ["10.0.2.250"] + (["2001:db8:2::fa"] if with_ipv6 else []),
            "gateway": True,
        }
        for prefix, hop in zip(("0.0.0.0/0", "::/0"), vms["GW"]["ca"], strict=False):
            routes.append({"prefix": prefix, "next_hop": hop, "vsid": base + 1})
    return {
        "rdid": f"{{aaaaaaaa-0000-0000-0000-00000000000{number}}}",
        "customer_routes": routes,
        "vms": vms,
    }


def _records(network: dict[str, Any], hosts: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the records that hnvemu would generate, as lines of the policy."""
    found = []
    for route in network["customer_routes"]:
        if route["next_hop"] == "on-link":
            first = route["prefix"].partition("/")[0]
            router = f"{first}1" if ":" in first else f"{first[:-1]}1"
            found.append({"ca": router, "vsid": route["vsid"], **_ROUTER})
    for vm in network["vms"].values():
        pa = hosts[vm["host"]]["provider_addresses"][0]["address"].partition("/")[0]
        place = {"vsid": vm["vsid"], "mac": vm["mac"], "pa": pa}
        found += [{"ca": ca, **place} for ca in vm["ca"]]
        if vm.get("gateway"):
            found += [
                {"ca": "::" if ":" in ca else "0.0.0.0", **place, "type": "gateway_wildcard"}
                for ca in vm["ca"]
            ]
    return found


def loaded(document: dict[str, Any]) -> Policy:
    """Read a document as a user's file is read."""
    return load_policy("-", stdin=io.BytesIO(json.dumps(document).encode()))


def verdicts(policy: Policy) -> dict[Probe, Verdict]:
    """Ask for every pair of VMs, for the world outside, and for the way back from there."""
    fabric = Fabric.compile(policy)
    return {probe: _verdict(fabric, probe, src, dst) for probe, src, dst in _packets(fabric)}


def _verdict(fabric: Fabric, probe: Probe, src: IPAddress, dst: IPAddress) -> Verdict:
    port, kind = fabric.policy.ports[probe.source], probe.kind
    hop = first_hop(fabric.tables, port, dst)
    frame = build_frame(
        src_mac=port.mac,
        dst_mac=hop.mac,
        src=src,
        dst=dst,
        protocol=TCP if kind in {"tcp", "back"} else ICMP if src.version == 4 else ICMPV6,
        src_port=49152 if kind in {"tcp", "back"} else 0,
        dst_port=80 if kind in {"tcp", "back"} else 0,
        length=_longest(fabric, port) if kind == "full" else SMALL,
    )
    trace = fabric.send(frame, at=port.name)
    reason = None if trace.reason is None else str(trace.reason)
    receivers = tuple(delivered.to for delivered in trace.delivered)
    return Verdict(str(trace.outcome), reason, receivers, hop.known)


def _packets(fabric: Fabric) -> Iterator[tuple[Probe, IPAddress, IPAddress]]:
    policy = fabric.policy
    for port in policy.ports.values():
        for src in _first_of_each_family(port):
            version = src.version
            # A gateway is the way outside, and does not need one.
            targets = [] if port.gateway else [("outside", OUTSIDE[version])]
            for other in policy.ports.values():
                if other is not port and other.network == port.network:
                    cas = _first_of_each_family(other)
                    targets += [(other.name, ca) for ca in cas if ca.version == version]
            for name, dst in targets:
                for kind in ("echo", "tcp", "full"):
                    probe = Probe(port.name, name, version, kind)
                    yield probe, src, dst
                if port.gateway and name != "outside":
                    probe = Probe(port.name, name, version, "back")
                    yield probe, OUTSIDE[version], dst


def _first_of_each_family(port: VmPort) -> list[IPAddress]:
    firsts: dict[int, IPAddress] = {}
    for ca in port.cas:
        firsts.setdefault(ca.version, ca)
    return [*firsts.values()]


def _longest(fabric: Fabric, port: VmPort) -> int:
    """Return the length of the longest packet that a guest sends, as far as it knows (ENC-10)."""
    if port.mtu is not None:
        return port.mtu
    host = fabric.policy.hosts[port.host]
    if port.guest is not Guest.WINDOWS or fabric.profile is Profile.HNVV2 or not host.addresses:
        return _GUEST_MTU
    return min(_GUEST_MTU, host.mtu - _OVERHEAD[host.addresses[0].address.version])
