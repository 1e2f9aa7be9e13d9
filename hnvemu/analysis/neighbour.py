"""ARP and neighbour discovery as a user asks for them: ``trace A 10.0.1.11 arp``."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple

from hnvemu.addresses import MacAddress, address_of
from hnvemu.errors import QuestionError
from hnvemu.switch.guest import first_hop
from hnvemu.tables.neighbours import Message, message_of
from hnvemu.wire.flow import ARP_REPLY
from hnvemu.wire.neighbour import (
    OVERRIDE,
    SOLICITED,
    advertisement,
    announcement,
    answer,
    arp_frame,
    question,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hnvemu.addresses import IPAddress
    from hnvemu.analysis.question import Question
    from hnvemu.model.topology import VmPort
    from hnvemu.switch.fabric import Fabric
    from hnvemu.trace.trace import DeliveredFrame, Trace

FAMILIES: Final = {"arp": 4, "nd": 6, "ndp": 6}
"""The services that are address resolution, with the family of each."""


class Wanted(StrEnum):
    """What stands behind ``arp/`` and ``nd/``."""

    REQUEST = "request"
    CHECK = "check"
    PROBE = "probe"
    REPLY = "reply"
    ANNOUNCE = "announce"


ANONYMOUS: Final = frozenset({Wanted.PROBE, Wanted.ANNOUNCE})
"""Messages that say nothing of the address that the sender has."""


class Neighbour(NamedTuple):
    """A service that is address resolution."""

    version: int
    wanted: Wanted


def neighbour(service: str) -> Neighbour:
    """Return what ``arp``, ``nd/probe`` and the like mean.

    Raises:
        QuestionError: There is no such message.
    """
    word, _, detail = service.lower().partition("/")
    if detail not in {"", *Wanted}:
        raise QuestionError(
            f"'{detail}' in '{service}' is no message of {word}", f"one of {', '.join(Wanted)}"
        )
    return Neighbour(FAMILIES[word], Wanted(detail or Wanted.REQUEST))


def message(
    fabric: Fabric,
    asked: Question,
    wanted: Wanted,
    port: VmPort,
    src: IPAddress,
    dst: IPAddress,
) -> bytes:
    """Return the frame of address resolution that ``port`` sends about ``dst``.

    Raises:
        QuestionError: The question says something that such a message does not have.
    """
    said = {
        "--sport": asked.source_port,
        "--ttl": asked.ttl,
        "--len": asked.length,
        "--df": asked.df or None,
        "--state": asked.state,
        "--src-ip": asked.src_ip if wanted in ANONYMOUS else None,
        "--dst-mac": asked.dst_mac if wanted is Wanted.ANNOUNCE else None,
    }
    wrong = [name for name, given in said.items() if given is not None]
    if wrong:
        raise QuestionError(f"'{asked.service}' has no {wrong[0]}", "leave it out")
    src_mac = port.mac if asked.src_mac is None else _mac(asked.src_mac)
    dst_mac = None if asked.dst_mac is None else _mac(asked.dst_mac)
    match wanted:
        case Wanted.ANNOUNCE:
            return announcement(src_mac=src_mac, address=dst)
        case Wanted.CHECK | Wanted.REPLY:
            dst_mac = first_hop(fabric.tables, port, dst).mac if dst_mac is None else dst_mac
        case Wanted.REQUEST | Wanted.PROBE:
            pass
    if wanted is Wanted.REPLY:
        return _reply(src_mac, dst_mac or MacAddress(0), src, dst)
    return question(src_mac=src_mac, src=src, target=dst, dst_mac=dst_mac)


def _reply(src_mac: MacAddress, dst_mac: MacAddress, src: IPAddress, dst: IPAddress) -> bytes:
    if src.version == 4 and dst.version == 4:
        return arp_frame(
            operation=ARP_REPLY,
            src_mac=src_mac,
            dst_mac=dst_mac,
            sender=src,
            target=dst,
            target_mac=dst_mac,
        )
    assert src.version == 6 and dst.version == 6  # noqa: S101, PT018 - endpoints are of one family
    return advertisement(
        src_mac=src_mac, dst_mac=dst_mac, src=src, dst=dst, target=src, flags=SOLICITED | OVERRIDE
    )


def answered_by_guest(fabric: Fabric, trace: Trace) -> tuple[bytes, str] | None:
    """Return what a guest answers to the question that reached it, and from which port.

    None where the frame asks nothing, or nobody who has the address got it.
    """
    flow = trace.flow
    if flow.target < 0 or (flow.protocol & ARP_REPLY and not flow.version):
        return None
    if message_of(flow) not in (Message.QUESTION, Message.CHECK):
        return None
    target = address_of(flow.version, flow.target)
    for delivered in _received(trace):
        port = fabric.policy.ports[delivered.to]
        if target in port.cas:
            return answer(delivered.frame, port.mac), port.name
    return None


def _received(trace: Trace) -> Iterator[DeliveredFrame]:
    """Yield what reaches guests, copies included."""
    yield from trace.delivered
    for branch in trace.branches:
        yield from _received(branch)


def _mac(text: str) -> MacAddress:
    try:
        return MacAddress.parse(text)
    except ValueError as error:
        raise QuestionError(str(error)) from None
