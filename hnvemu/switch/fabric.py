"""All hosts of a policy together: frames in at a port, traces out."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from hnvemu.addresses import MacAddress, address_of
from hnvemu.errors import QuestionError
from hnvemu.model.indexed import called
from hnvemu.model.policy import HostView
from hnvemu.reader.report import near_or_known
from hnvemu.switch.guest import first_hop
from hnvemu.switch.walk import Walk
from hnvemu.tables.sessions import NO_SESSIONS, Sessions, SessionTable
from hnvemu.tables.tables import Tables
from hnvemu.trace.steps import Arrived
from hnvemu.trace.trace import Trace
from hnvemu.value import replace
from hnvemu.wire.encapsulation import Encapsulation, Tunnel, unwrap
from hnvemu.wire.flow import Flow, read_flow

if TYPE_CHECKING:
    from hnvemu.addresses import IPAddress
    from hnvemu.model.policy import Policy, Profile
    from hnvemu.model.topology import VmPort
    from hnvemu.tables.sessions import Held
    from hnvemu.tables.table import Ask, Table
    from hnvemu.trace.path import Path
    from hnvemu.trace.steps import Step
    from hnvemu.wire.encapsulation import Outer

_REMEMBERED = 65_536
_ETHERNET_HEADER = 14
_NO_INNER_FRAME = read_flow(bytes(_ETHERNET_HEADER))


class Arrival(NamedTuple):
    """An encapsulated frame that reaches a host, read."""

    arrived: Arrived
    flow: Flow
    """The header fields of the frame inside."""
    frame: bytes
    """The frame inside; all of it where there is none inside."""


class Fabric:
    """Forwards frames between the VMs of one policy.

    It keeps no state that could change an answer: sessions are a value that the caller passes in
    and gets back, and the paths it remembers are pure functions of their flows.
    """

    def __init__(self, tables: Tables, *, flow_id: int | None = 0) -> None:
        self.tables = tables
        self.flow_id = flow_id
        self._seen: dict[tuple[str, Flow, Held | None], Path] = {}
        # What every packet asks for, at hand.
        self._ports = tables.policy.ports
        self._hosts = tables.policy.hosts
        self._sha256 = tables.policy.sha256

    @classmethod
    def compile(
        cls, policy: Policy, *, profile: Profile | None = None, flow_id: int | None = 0
    ) -> Self:
        """Build the fabric that ``policy`` describes.

        Args:
            policy: As :func:`hnvemu.load_policy` returns it.
            profile: Behave like this product generation, in place of the policy's.
            flow_id: FlowID of NVGRE keys, 0 to 255; None: a hash of the flow (ENC-2).

        Raises:
            QuestionError: ``flow_id`` does not fit into an octet.
        """
        if flow_id is not None and not 0 <= flow_id <= 0xFF:
            raise QuestionError(f"FlowID {flow_id} does not fit into 8 bits: 0 to 255, or hash")
        return cls(Tables(policy, profile or policy.profile), flow_id=flow_id)

    def __reduce__(self) -> tuple[Any, ...]:
        """Leave tables and paths out of a pickle: they are made anew."""
        compiled = partial(type(self).compile, profile=self.profile, flow_id=self.flow_id)
        return compiled, (self.policy,)

    @property
    def policy(self) -> Policy:
        """The policy that was compiled."""
        return self.tables.policy

    @property
    def profile(self) -> Profile:
        """The product generation that hosts behave like."""
        return self.tables.profile

    def send(self, packet: Any, *, at: str, sessions: Sessions | None = NO_SESSIONS) -> Trace:
        """Follow one frame from where it enters.

        Args:
            packet: Octets from the Ethernet header on (at least 14), or a Scapy packet. MACs and
                a source address that a Scapy packet leaves open are filled in as the guest would,
                and with zeros at ``pa:HOST``; neither the network nor the routing table of this
                machine is asked.
            at: A port's name (``B``, ``T/B``, ``T/GW:inside``), or ``pa:HOST`` for an encapsulated
                frame that reaches a host from the provider network.
            sessions: The conversations that ports have admitted so far, as an earlier trace
                returned them; None: the packet belongs to a conversation that all ports admitted.

        Raises:
            QuestionError: No port or host has that name, or ``packet`` is no frame.
        """
        if at.startswith("pa:"):
            return self._arrive(self._octets(packet, None), at)
        port = self._ports.get(at) or self.port(at)
        self.check_sender(port)
        frame = packet if type(packet) is bytes else self._octets(packet, port)
        if len(frame) < _ETHERNET_HEADER:
            raise QuestionError(f"a frame has at least 14 octets, not {len(frame)}")
        flow = read_flow(frame)
        path = self.forward(flow, at=port.name, sessions=sessions)
        after = NO_SESSIONS if sessions is None else sessions
        if path.opened:
            after = after.opened(flow, path.opened)
        if path.matched:
            after = after.refreshed(flow, path.matched)
        return self._trace(path, frame, port.name, after)

    def forward(self, flow: Flow, *, at: str, sessions: Sessions | None = NO_SESSIONS) -> Path:
        """Follow a flow from the port of that full name; packets of one flow share the path.

        Tables never change and paths are immutable, so a flow is walked once.
        """
        if sessions is None:
            return self.walk(flow, at=at, sessions=None)
        key = at, flow, sessions.held(flow)
        path = self._seen.get(key)
        if path is None:
            if len(self._seen) >= _REMEMBERED:
                self._seen.clear()
            path = self._seen[key] = self.walk(flow, at=at, sessions=sessions)
        return path

    def walk(
        self,
        flow: Flow,
        *,
        at: str,
        sessions: Sessions | None = NO_SESSIONS,
        ask: Ask | None = None,
    ) -> Path:
        """Follow a flow as :meth:`forward` does, without remembering.

        ``ask`` takes the place of the driver that answers from the tables, and can so watch or
        change what they are asked.
        """
        walk = self._walk(flow, _passing(flow, sessions), ask)
        return walk.sent(self.tables.sending(at))

    def _walk(self, flow: Flow, sessions: SessionTable | None, ask: Ask | None = None) -> Walk:
        """Prepare to run the pipeline for one flow."""
        return Walk(self.tables, flow, ask or one_packet(flow), sessions, self.flow_id)

    def after(self, trace: Trace | Path) -> Fabric:
        """Return the fabric whose hosts know the addresses that they learned from ``trace``.

        Where nothing was learned it is this one.
        """
        if not trace.learnt:
            return self
        views = dict(self.policy.views)
        for host, record in trace.learnt:
            view = views.get(host) or HostView(host=host)
            kept = [r for r in view.lookup_records if (r.vsid, r.ca) != (record.vsid, record.ca)]
            views[host] = replace(view, lookup_records=(*kept, record))
        policy = replace(self.policy, views=views)
        return type(self)(Tables(policy, self.profile), flow_id=self.flow_id)

    def arrival(self, frame: bytes, outer: Outer, host: str) -> Arrival:
        """Return what reaches a host in a frame whose outer headers were read."""
        has_inner = len(outer.inner) >= _ETHERNET_HEADER
        tunnel = Tunnel(
            encapsulation=outer.encapsulation or Encapsulation.NVGRE,
            src_mac=MacAddress(outer.src_mac),
            dst_mac=MacAddress(outer.dst_mac),
            vlan=max(outer.vlan, 0),
            src=address_of(outer.version or 4, max(outer.src, 0)),
            dst=address_of(outer.version or 4, max(outer.dst, 0)),
            vsid=max(outer.vsid, 0),
        )
        return Arrival(
            Arrived(tunnel, host, outer.ecn, outer.fault),
            read_flow(outer.inner) if has_inner else _NO_INNER_FRAME,
            outer.inner if has_inner else frame,
        )

    def receive(
        self,
        arrival: Arrival,
        *,
        sessions: Sessions | None = NO_SESSIONS,
        ask: Ask | None = None,
    ) -> Path:
        """Follow what reaches a host from the provider network, without remembering."""
        flow = arrival.flow
        return self._walk(flow, _passing(flow, sessions), ask).arrived(arrival.arrived)

    def _arrive(self, frame: bytes, at: str) -> Trace:
        """Follow an encapsulated frame that reaches a host."""
        name = at.removeprefix("pa:")
        self.check_host(name)
        if len(frame) < _ETHERNET_HEADER:
            raise QuestionError(f"a frame has at least 14 octets, not {len(frame)}")
        arrival = self.arrival(frame, unwrap(frame), name)
        path = self.receive(arrival)
        sessions = NO_SESSIONS.opened(arrival.flow, path.opened)
        return self._trace(path, arrival.frame, at, sessions, outer=frame)

    def trace(self, path: Path, frame: bytes, *, at: str) -> Trace:
        """Return the trace of a frame whose path is known."""
        if not at.startswith("pa:"):
            return self._trace(path, frame, at, NO_SESSIONS)
        arrival = self.arrival(frame, unwrap(frame), at.removeprefix("pa:"))
        return self._trace(path, arrival.frame, at, NO_SESSIONS, outer=frame)

    def check_sender(self, port: VmPort) -> None:
        """Make sure that a port can send.

        Raises:
            QuestionError: Its host is down.
        """
        if self._hosts[port.host].down:
            raise QuestionError(f"'{port.name}' cannot send: host '{port.host}' is down")

    def check_host(self, name: str) -> None:
        """Make sure that frames can arrive at a host.

        Raises:
            QuestionError: The policy has no such host, or it is down.
        """
        if name not in self.policy.hosts:
            raise QuestionError(
                f"no host is named '{name}'", near_or_known(name, self.policy.hosts)
            )
        if self._hosts[name].down:
            raise QuestionError(f"nothing arrives there: host '{name}' is down")

    def _trace(
        self, path: Path, frame: bytes, at: str, sessions: Sessions, outer: bytes | None = None
    ) -> Trace:
        return Trace(
            path,
            frame,
            at=at,
            outer=outer,
            profile=self.tables.profile,
            policy_sha256=self._sha256,
            sessions=sessions,
        )

    def _octets(self, packet: Any, port: VmPort | None) -> bytes:
        """Turn what the caller gave into octets."""
        if isinstance(packet, (bytes, bytearray, memoryview)):
            return bytes(packet)
        if not hasattr(packet, "fields_desc"):
            raise QuestionError(
                f"a packet is octets or a Scapy packet, not {type(packet).__name__}"
            )
        from hnvemu.wire.packet import to_octets  # noqa: PLC0415 - Scapy takes longer than a trace

        null = MacAddress(0)

        def dst_mac_for(version: int, address: IPAddress) -> MacAddress:
            del version
            # At a provider address no guest is there to fill in anything.
            return null if port is None else first_hop(self.tables, port, address).mac

        def src_for(version: int) -> IPAddress | None:
            cas = () if port is None else port.cas
            return next((ca for ca in cas if ca.version == version), None)

        src_mac = null if port is None else port.mac
        try:
            return to_octets(packet, src_mac=src_mac, dst_mac_for=dst_mac_for, src_for=src_for)
        except Exception as error:
            raise QuestionError(f"Scapy cannot build the packet: {error}") from error

    def port(self, name: str) -> VmPort:
        """Return the port that ``name`` means: ``T/A``, or ``A`` where only one network has it.

        Raises:
            QuestionError: No port or more than one has that name; the nearest names are in it.
        """
        ports = self.policy.ports
        if name in ports:
            return ports[name]
        found = called(ports, name)
        if len(found) == 1:
            return ports[found[0]]
        if found:
            raise QuestionError(
                f"'{name}' names more than one VM", f"write {' or '.join(sorted(found))}"
            )
        adapters = [full for full in ports if full.startswith((f"{name}:",)) or f"/{name}:" in full]
        if adapters:
            raise QuestionError(
                f"'{name}' has several adapters", f"write {' or '.join(sorted(adapters))}"
            )
        known = [*dict.fromkeys(full.partition("/")[2] for full in ports), *ports]
        raise QuestionError(f"no VM is named '{name}'", near_or_known(name, known))


def _passing(flow: Flow, sessions: Sessions | None) -> SessionTable | None:
    """Return what lets ``flow`` pass as a reply; None where nothing does."""
    if sessions is None:  # every list has admitted its conversation
        return SessionTable(None)
    held = sessions.held(flow)
    return None if held is None else SessionTable(held)


def one_packet(flow: Flow) -> Ask:
    """Return the driver that answers the pipeline's questions for one flow."""

    def ask(table: Table, near: Any = None, far: Any = None) -> Step:
        # Every packet pays for this call a score of times: no tuple of arguments is built.
        if near is None:
            return table.find(flow)
        if far is None:
            return table.find(flow, near)
        return table.find(flow, near, far)

    return ask
