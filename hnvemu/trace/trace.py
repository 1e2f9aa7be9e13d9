"""A trace: the path of one frame, with the octets of the frame at every place it passes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from hnvemu.addresses import MacAddress
from hnvemu.trace.fidelity import notes
from hnvemu.trace.steps import (
    Delivered,
    DeliveredToGateway,
    DuplicateAnswered,
    GatewayAnswered,
    ReplicatedByGroup,
    ResolutionAnswered,
    Sent,
)
from hnvemu.wire.encapsulation import Encapsulation
from hnvemu.wire.flow import read_flow

if TYPE_CHECKING:
    from hnvemu.analysis.conversation import Remark
    from hnvemu.model.policy import Profile
    from hnvemu.model.records import LookupRecord
    from hnvemu.tables.sessions import Sessions
    from hnvemu.trace.explanation import Explanation
    from hnvemu.trace.fidelity import FidelityNote
    from hnvemu.trace.outcome import Outcome, Reason
    from hnvemu.trace.path import Hop, Path
    from hnvemu.trace.steps import Step
    from hnvemu.trace.what_if import WhatIf
    from hnvemu.wire.encapsulation import Tunnel
    from hnvemu.wire.flow import Flow

_ARRIVALS: frozenset[type[object]] = frozenset(
    {Delivered, DeliveredToGateway, ResolutionAnswered, GatewayAnswered, DuplicateAnswered}
)
"""The last steps of frames that reach a VM."""


class WireFrame(NamedTuple):
    """A frame as it crosses the provider network."""

    sender: str
    """The host it leaves."""
    receiver: str
    """The host that owns the outer destination, or the multicast PA that several listen to."""
    tunnel: Tunnel
    entropy: int
    """FlowID of the NVGRE key, or UDP source port of VXLAN."""
    frame: bytes

    @property
    def flow_id(self) -> int | None:
        """FlowID of the NVGRE key; None in VXLAN."""
        return self.entropy if self.tunnel.encapsulation is Encapsulation.NVGRE else None

    @property
    def packet(self) -> Any:
        """The frame as a Scapy packet: ``Ether/IP/GRE/Ether/…``."""
        return _scapy(self.frame)


class DeliveredFrame(NamedTuple):
    """A frame as a VM receives it."""

    to: str
    """The port, as ``network/vm``."""
    vsid: int
    frame: bytes

    @property
    def flow(self) -> Flow:
        """The frame's header fields."""
        return read_flow(self.frame)

    @property
    def src_mac(self) -> MacAddress:
        """Source MAC."""
        return MacAddress(int.from_bytes(self.frame[6:12], "big"))

    @property
    def dst_mac(self) -> MacAddress:
        """Destination MAC."""
        return MacAddress(int.from_bytes(self.frame[:6], "big"))

    @property
    def ttl(self) -> int:
        """TTL, or hop limit."""
        return self.flow.ttl

    @property
    def packet(self) -> Any:
        """The frame as a Scapy packet."""
        return _scapy(self.frame)


class Trace:
    """What becomes of one frame, and why.

    Prints as text; renders itself in a notebook; ``as_dict`` is the JSON form.
    """

    __slots__ = (
        "_branches",
        "_frames",
        "assumptions",
        "at",
        "explanation",
        "frame",
        "outer",
        "path",
        "policy_sha256",
        "profile",
        "remarks",
        "reply",
        "sessions",
        "what_if",
    )

    def __init__(
        self,
        path: Path,
        frame: bytes,
        *,
        at: str,
        outer: bytes | None = None,
        profile: Profile,
        policy_sha256: str,
        sessions: Sessions,
    ) -> None:
        self.path = path
        self.frame = frame
        """The customer's frame as it entered."""
        self.at = at
        """Where it entered: a port, or ``pa:HOST``."""
        self.outer = outer
        """The frame as it reached a host encapsulated; None for a VM's."""
        self.profile = profile
        self.policy_sha256 = policy_sha256
        self.sessions = sessions
        """The conversations that ports have admitted after this frame."""
        self.assumptions: tuple[str, ...] = ()
        """What the question left open and was filled in."""
        self.reply: Trace | None = None
        """The trace of the reply, where one was asked for."""
        self.remarks: tuple[Remark, ...] = ()
        """What packet and reply say together, where a reply was asked for."""
        self.explanation: Explanation | None = None
        """Why not, what else and what would mend it, where that was asked."""
        self.what_if: WhatIf | None = None
        """What was supposed, and whom else it concerns, where something was."""
        self._branches: tuple[Trace, ...] | None = None
        self._frames: tuple[tuple[WireFrame, ...], bytes] | None = None

    @property
    def flow(self) -> Flow:
        """The header fields that decided."""
        return self.path.flow

    @property
    def hops(self) -> tuple[Hop, ...]:
        """The nodes that decided, with their steps."""
        return self.path.hops

    @property
    def steps(self) -> tuple[Step, ...]:
        """All steps of all hops."""
        return self.path.steps

    @property
    def outcome(self) -> Outcome:
        """What became of the frame."""
        return self.path.outcome

    @property
    def reason(self) -> Reason | None:
        """Why it was dropped or left undecided; None otherwise."""
        return self.path.reason

    @property
    def wire(self) -> tuple[WireFrame, ...]:
        """The frames that crossed the provider network."""
        return self._replayed()[0]

    @property
    def delivered(self) -> tuple[DeliveredFrame, ...]:
        """The frames that reached a VM: one, or none; those of copies are in ``branches``.

        Where HNV answers itself it is the answer, which reaches the VM that asked.
        """
        last: Any = self.path.last
        if type(last) not in _ARRIVALS:
            return ()
        return (DeliveredFrame(last.port.name, last.port.vsid, self._replayed()[1]),)

    @property
    def branches(self) -> tuple[Trace, ...]:
        """One trace per copy of a replicated frame, each from where the copy was made.

        A copy that reaches several ports of a host, or several hosts, has branches of its own.
        """
        if self._branches is None:
            frame = self._replayed()[1]
            self._branches = tuple(
                Trace(
                    path,
                    frame,
                    at=self.at,
                    profile=self.profile,
                    policy_sha256=self.policy_sha256,
                    sessions=self.sessions,
                )
                for path in self.path.branches
            )
        return self._branches

    @property
    def learnt(self) -> tuple[tuple[str, LookupRecord], ...]:
        """The dynamic records that hosts make of this frame, each with its host (SRC-3).

        They answer for later frames once :meth:`hnvemu.Fabric.after` has put them into the tables.
        """
        return self.path.learnt

    @property
    def receiver(self) -> str | None:
        """The port that the switch chose, whether or not its rules let the frame out."""
        return self.path.receiver

    @property
    def notes(self) -> tuple[FidelityNote, ...]:
        """Where a real Windows release would differ, or may."""
        return notes(self.path, self.profile)

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form, as ``hnvemu trace --json`` prints it."""
        from hnvemu.render.json import trace_document  # noqa: PLC0415 - a value renders itself

        return trace_document(self)

    def __str__(self) -> str:
        from hnvemu.render.text import trace_text  # noqa: PLC0415 - a value renders itself

        return trace_text(self)

    def __repr__(self) -> str:
        reason = f" {self.reason}" if self.reason else ""
        return f"<Trace {self.at}: {self.outcome}{reason} at {self.hops[-1].node}>"

    def _repr_html_(self) -> str:
        from hnvemu.render.notebook import trace_html  # noqa: PLC0415 - a value renders itself

        return trace_html(self)

    def _replayed(self) -> tuple[tuple[WireFrame, ...], bytes]:
        """Run the steps on the frame."""
        if self._frames is None:
            frame = self.frame
            wire: list[WireFrame] = []
            for step, apply, entropy in self.path.changes:
                if isinstance(step, (Sent, ReplicatedByGroup)):
                    sender = self.path.hops[len(wire)].node
                    receiver = step.host if isinstance(step, Sent) else str(step.tunnel.dst)
                    wire.append(WireFrame(sender, receiver, step.tunnel, entropy, apply(frame)))
                else:
                    frame = apply(frame)
            self._frames = tuple(wire), frame
        return self._frames


def _scapy(frame: bytes) -> Any:
    from hnvemu.wire.packet import to_packet  # noqa: PLC0415 - Scapy takes longer than a trace

    return to_packet(frame)
