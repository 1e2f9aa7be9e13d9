"""From a flow that was seen to the question that asks about it again.

Rules of the file: a question is given away only where its answer was looked at, and is the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hnvemu.addresses import MacAddress, address_of
from hnvemu.analysis.question import Question, State, ask
from hnvemu.errors import QuestionError
from hnvemu.switch.guest import first_hop
from hnvemu.tables.neighbours import Message, message_of
from hnvemu.wire.flow import ICMP, ICMPV6, TCP, UDP, Fault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hnvemu.replay.summary import Verdict
    from hnvemu.switch.fabric import Fabric
    from hnvemu.wire.flow import Flow

_MESSAGES = {
    Message.QUESTION: "",
    Message.CHECK: "/check",
    Message.PROBE: "/probe",
    Message.ANSWER: "/reply",
    Message.ANNOUNCEMENT: "/announce",
}
_TTL = 64  # what a question has that says nothing of it


def question_of(
    fabric: Fabric, entry: str, flow: Flow, verdict: Verdict, *, established: bool
) -> Question | None:
    """Return the question in words whose packet meets the same end, the shortest first.

    Args:
        fabric: What decides.
        entry: Where the flow entered.
        flow: Its header fields.
        verdict: What became of it.
        established: It was taken for part of a conversation that all ports admitted.

    Returns:
        None where words cannot say it: what reaches a host encapsulated, what is tagged or
        broken, and what another packet has to come before.
    """
    if entry.startswith("pa:") or flow.fault != Fault.NONE or flow.vlan >= 0:
        return None
    for question in _questions(fabric, entry, flow, established=established):
        try:
            answer = ask(fabric, question)
        except QuestionError:
            continue
        told = answer.outcome, answer.reason, answer.hops[-1].node, answer.receiver
        if told == (verdict.outcome, verdict.reason, verdict.node, verdict.to):
            return question
    return None


def command_of(question: Question) -> list[str]:
    """Return the arguments of ``hnvemu trace`` that put a question in words."""
    flags = {
        "--sport": question.source_port,
        "--ttl": question.ttl,
        "--len": question.length,
        "--src-mac": question.src_mac,
        "--dst-mac": question.dst_mac,
        "--src-ip": question.src_ip,
        "--state": question.state,
    }
    ends = [question.source, question.destination or "", question.service or ""]
    said = ([name, str(value)] for name, value in flags.items() if value is not None)
    return [*ends, *(word for pair in said for word in pair)]


def _questions(fabric: Fabric, entry: str, flow: Flow, *, established: bool) -> Iterator[Question]:
    """Yield questions about a flow, each of which says more than the one before."""
    port = fabric.policy.ports[entry]
    service = _service(flow)
    if service is None:
        return
    resolves = flow.target >= 0
    src = address_of(flow.version, flow.src)
    dst = address_of(flow.version, flow.target if resolves else flow.dst)
    own = next((ca for ca in port.cas if ca.version == src.version), None)
    said: dict[str, Any] = {
        "source": entry,
        "destination": str(dst),
        "service": service,
        "source_port": flow.src_port if flow.src_port >= 0 else None,
        "src_ip": None if src == own else str(src),
        "src_mac": None if flow.src_mac == port.mac else str(MacAddress(flow.src_mac)),
        "state": State.ESTABLISHED if established else None,
    }
    if resolves:
        yield Question(**said)
        yield Question(**{**said, "dst_mac": str(MacAddress(flow.dst_mac))})
        return
    if flow.dst_mac != first_hop(fabric.tables, port, dst).mac:
        said["dst_mac"] = str(MacAddress(flow.dst_mac))
    yield Question(**said)
    if flow.ttl != _TTL:
        said["ttl"] = flow.ttl
        yield Question(**said)
    yield Question(**{**said, "length": flow.length})
    if not established:
        yield Question(**{**said, "state": State.ESTABLISHED})


def _service(flow: Flow) -> str | None:
    """Name what a packet carries; None where no service is like it."""
    if flow.target >= 0:
        message = _MESSAGES[message_of(flow)]
        return f"nd{message}" if flow.version else f"arp{message}"
    if not flow.version:
        return None
    if flow.protocol in {TCP, UDP}:
        name = "tcp" if flow.protocol == TCP else "udp"
        return None if flow.dst_port < 0 else f"{name}/{flow.dst_port}"
    if flow.icmp < 0:
        # A later fragment has no type, and a question would give it one.
        own = ICMP if flow.version == 4 else ICMPV6
        return None if flow.protocol == own else str(flow.protocol)
    kind, code = flow.icmp >> 8, flow.icmp & 0xFF
    is_echo = flow.icmp == (8 << 8 if flow.version == 4 else 128 << 8)
    return "icmp/echo" if is_echo else f"icmp/{kind}:{code}"
