"""Who else is treated differently after a change: the same kind of packet, between all pairs.

Packets of one kind (protocol, ports, type, length) are sent between all ports of each routing
domain, before and after, and what becomes of them is compared. It is a comparison of samples and
no proof: it says how many packets it took, and how many there would have been.
"""

from __future__ import annotations

from itertools import islice, zip_longest
from typing import TYPE_CHECKING, NamedTuple

from hnvemu.addresses import address_of
from hnvemu.switch.guest import first_hop
from hnvemu.tables.sessions import NO_SESSIONS
from hnvemu.trace.explanation import Changed, Ending
from hnvemu.trace.outcome import Outcome
from hnvemu.trace.steps import Delivered, DeliveredToGateway
from hnvemu.wire.flow import ICMP, ICMPV6, IPV4_ETHERTYPE, TCP, UDP, Fault

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from hnvemu.addresses import IPAddress
    from hnvemu.model.policy import Policy
    from hnvemu.model.topology import VmPort
    from hnvemu.switch.fabric import Fabric
    from hnvemu.tables.sessions import Sessions
    from hnvemu.wire.flow import Flow

PAIRS = 5000
"""Pairs that are compared at most, where the caller says nothing else."""
_ARRIVED = frozenset({Outcome.DELIVERED, Outcome.TO_GATEWAY})
_NAMES = {ICMP: "icmp", ICMPV6: "icmpv6", TCP: "tcp", UDP: "udp"}
_ECHOES = {4: 8 << 8, 6: 128 << 8}
_TTL = 64
_PING = 84
"""Length of the IPv4 packet that ping sends."""


class Impact(NamedTuple):
    """What a change of the policy changes for packets of one kind."""

    changed: tuple[Changed, ...]
    """Who is treated differently: those that the change cuts off first, then those it lets in."""
    compared: int
    """How many pairs of a sender and a destination were compared."""
    total: int
    """How many there are; more than ``compared`` where the comparison was cut short."""


class _Pair(NamedTuple):
    """A sender and where it sends to."""

    source: str
    destination: str
    """A port or an address."""
    address: IPAddress


def impact(
    before: Fabric,
    after: Fabric,
    like: Flow,
    *,
    first: Collection[str] = (),
    pairs: int = PAIRS,
    sessions: Sessions | None = NO_SESSIONS,
) -> Impact:
    """Send packets like one between all pairs of ports, on two fabrics, and compare.

    Every port sends to every other port of its routing domain, and to the destination of ``like``
    where that is nobody's. A port that only one of the two policies has is still sent to. Packets
    are of the family of ``like``; where that is no IP packet, they are echo requests over IPv4.

    Args:
        before: The fabric as it was.
        after: The fabric after the change.
        like: A packet whose kind is compared.
        first: Ports whose pairs come first, so that they are compared in any case.
        pairs: How many pairs are compared at most.
        sessions: As in :meth:`hnvemu.Fabric.send`.
    """
    kind = _kind_of(like)
    everything = _Pairs(before, after, like, kind)
    changed = []
    compared = 0
    for pair in islice(everything.ordered(first), pairs):
        compared += 1
        was, is_now = (_sent(fabric, pair, kind, sessions) for fabric in (before, after))
        if not _is_treated_alike(was, is_now):
            packet = _packet(was.flow)
            changed.append(
                Changed(pair.source, pair.destination, packet, was.ending, is_now.ending)
            )
    ports = dict.fromkeys([*before.policy.ports, *after.policy.ports])
    ranks = {name: rank for rank, name in enumerate(ports)}
    changed.sort(
        key=lambda found: (
            not loses(found),
            not gains(found),
            not {found.source, found.destination} & {*first},
            ranks[found.source],
            ranks.get(found.destination, len(ranks)),
        )
    )
    return Impact(tuple(changed), compared, everything.total)


def loses(changed: Changed) -> bool:
    """Whether a packet arrived before the change and does not after it."""
    return changed.before.outcome in _ARRIVED and changed.after.outcome not in _ARRIVED


def gains(changed: Changed) -> bool:
    """Whether a packet arrives after the change and did not before it."""
    return changed.before.outcome not in _ARRIVED and changed.after.outcome in _ARRIVED


class _Pairs:
    """All pairs of two policies, without making a list of them: there may be millions."""

    def __init__(self, before: Fabric, after: Fabric, like: Flow, kind: Flow) -> None:
        self._version = kind.version
        self._senders: dict[str, dict[str, None]] = {}
        for port in _spread(after.policy):
            was = before.policy.ports.get(port.name)
            if (
                was is not None
                and self._address(was) is not None
                and not after.policy.hosts[port.host].down
                and port.vsid
                and self._address(port) is not None
            ):
                self._senders.setdefault(_domain(after.policy, port), {})[port.name] = None
        self._receivers: dict[str, dict[str, IPAddress]] = {}
        # A destination keeps the address that it had: that is where the others send to.
        for fabric in (before, after):
            for port in _spread(fabric.policy):
                address = self._address(port)
                if address is not None and port.vsid:
                    known = self._receivers.setdefault(_domain(fabric.policy, port), {})
                    known.setdefault(port.name, address)
        # What is no IP packet is about a neighbour, and nothing is outside.
        self._outside = address_of(kind.version, kind.dst) if like.version else None

    @property
    def total(self) -> int:
        """How many pairs there are."""
        count = 0
        for domain, senders in self._senders.items():
            receivers = self._receivers[domain]
            count += len(senders) * len(receivers)
            count -= sum(sender in receivers for sender in senders)
            count += len(senders) * (self._beyond(domain) is not None)
        return count

    def ordered(self, first: Collection[str]) -> Iterator[_Pair]:
        """Yield each pair once: those of the ports in ``first``, then all others.

        In both, the first pairs are spread over as many ports and hosts as there are, because
        nobody may ask for the last.
        """
        for domain in self._senders:
            yield from self._of_some(domain, frozenset(first))
        for domain in self._senders:
            yield from self._of_others(domain, frozenset(first))

    def _of_some(self, domain: str, chosen: frozenset[str]) -> Iterator[_Pair]:
        senders, receivers = self._senders[domain], self._receivers[domain]
        some = [name for name in senders if name in chosen]
        for name in some:
            yield from self._to_outside(domain, name)
        others = [name for name in receivers if name in chosen]
        for name in dict.fromkeys([*senders, *receivers]):
            if name in receivers:
                yield from (_Pair(one, name, receivers[name]) for one in some if one != name)
            if name in senders and name not in chosen:
                yield from (_Pair(name, other, receivers[other]) for other in others)

    def _of_others(self, domain: str, chosen: frozenset[str]) -> Iterator[_Pair]:
        senders = [name for name in self._senders[domain] if name not in chosen]
        receivers = [name for name in self._receivers[domain] if name not in chosen]
        for name in senders:
            yield from self._to_outside(domain, name)
        for turn in range(len(receivers)):
            for at, source in enumerate(senders):
                name = receivers[(at + turn) % len(receivers)]
                if name != source:
                    yield _Pair(source, name, self._receivers[domain][name])

    def _to_outside(self, domain: str, source: str) -> Iterator[_Pair]:
        outside = self._beyond(domain)
        if outside is not None:
            yield _Pair(source, str(outside), outside)

    def _beyond(self, domain: str) -> IPAddress | None:
        """Return the traced destination where no port of a routing domain has it."""
        outside = self._outside
        if outside is None or outside.is_multicast or outside in self._receivers[domain].values():
            return None
        return outside

    def _address(self, port: VmPort) -> IPAddress | None:
        return next((ca for ca in port.cas if ca.version == self._version), None)


class _Found(NamedTuple):
    """What became of a packet on one fabric."""

    ending: Ending
    port: str
    """The port that received it; empty where none did."""
    flow: Flow


def _sent(fabric: Fabric, pair: _Pair, kind: Flow, sessions: Sessions | None) -> _Found:
    port = fabric.policy.ports[pair.source]
    src = next(ca for ca in port.cas if ca.version == kind.version)
    flow = kind._replace(
        src_mac=port.mac,
        dst_mac=first_hop(fabric.tables, port, pair.address).mac,
        src=int(src),
        dst=int(pair.address),
    )
    path = fabric.walk(flow, at=port.name, sessions=sessions)
    last = path.last
    received = last.port.name if isinstance(last, (Delivered, DeliveredToGateway)) else ""
    return _Found(Ending(path.outcome, path.reason, path.hops[-1].node), received, flow)


def _is_treated_alike(before: _Found, after: _Found) -> bool:
    """Whether nothing but the node differs at which it came to the same end."""
    was, is_now = before.ending, after.ending
    same = (was.outcome, was.reason) == (is_now.outcome, is_now.reason)
    return same and before.port == after.port


def _kind_of(flow: Flow) -> Flow:
    """Return the flow's kind: its fields but for who sends, to whom, and what is wrong with it."""
    kind = flow._replace(fault=Fault.NONE, vlan=-1, target=-1)
    if flow.version == 6:
        # What neighbour discovery asks is between two neighbours alone; all others are pinged.
        return kind if flow.target < 0 else kind._replace(icmp=_ECHOES[6], echo_id=0, ttl=_TTL)
    if flow.version == 4:
        return kind
    return kind._replace(
        ethertype=IPV4_ETHERTYPE,
        version=4,
        protocol=ICMP,
        src_port=-1,
        dst_port=-1,
        icmp=_ECHOES[4],
        echo_id=0,
        ttl=_TTL,
        length=_PING,
        tos=0,
    )


def _spread(policy: Policy) -> Iterator[VmPort]:
    """Yield the ports of a policy: one of each host, then a second of each, and so on."""
    of_host: dict[str, list[VmPort]] = {}
    for port in policy.ports.values():
        of_host.setdefault(port.host, []).append(port)
    for some in zip_longest(*of_host.values()):
        yield from (port for port in some if port is not None)


def _domain(policy: Policy, port: VmPort) -> str:
    return policy.networks[port.network].rdid if port.network in policy.networks else ""


def _packet(flow: Flow) -> str:
    """Return a packet in words: ``tcp 10.0.1.10:49152 > 10.1.2.20:80``."""
    name = _NAMES.get(flow.protocol, f"protocol {flow.protocol}")
    if flow.icmp >= 0:
        echo = flow.icmp == _ECHOES[flow.version]
        name += " echo" if echo else f" {flow.icmp >> 8}/{flow.icmp & 0xFF}"
    ends = []
    for address, port in ((flow.src, flow.src_port), (flow.dst, flow.dst_port)):
        text = str(address_of(flow.version, address))
        bracketed = f"[{text}]" if flow.version == 6 else text
        ends.append(text if port < 0 else f"{bracketed}:{port}")
    return f"{name} {' > '.join(ends)}"
