"""Fidelity notes: where a real Windows release would treat the same packet otherwise, or may.

They are read off a finished path; nothing here decides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from hnvemu.addresses import MacAddress
from hnvemu.model.policy import Profile
from hnvemu.trace.steps import (
    AnnouncementDropped,
    AnnouncementRefused,
    Delivered,
    DeliveredToGateway,
    DuplicateAnswered,
    DuplicateUnheld,
    Entered,
    ExactMatched,
    LookupMatched,
    PortFound,
    ResolutionOffSubnet,
    RewrittenAndCounted,
    RouteMatched,
    SwitchedLocally,
    TtlExpired,
    Unchanged,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hnvemu.trace.path import Path


class FidelityNote(NamedTuple):
    """One sentence without its full stop, and the rules it is about."""

    text: str
    rules: tuple[str, ...]


def notes(path: Path, profile: Profile) -> tuple[FidelityNote, ...]:
    """Return what a reader should know before trusting ``path`` for a real network."""
    return tuple(_notes(path, profile))


def _notes(path: Path, profile: Profile) -> Iterator[FidelityNote]:
    flow = path.flow
    steps = {type(step): step for step in path.steps}
    entered = steps.get(Entered)
    found = steps.get(PortFound) or steps.get(SwitchedLocally)

    matched = steps.get(LookupMatched) or steps.get(ExactMatched)
    unchanged = steps.get(Unchanged)
    if isinstance(unchanged, Unchanged) and isinstance(matched, (LookupMatched, ExactMatched)):
        mac = matched.record.mac
        if mac != flow.dst_mac:
            yield FidelityNote(
                f"a 2012 R2 or later host would write destination MAC {mac}"
                f" in place of {MacAddress(flow.dst_mac)}",
                ("FWD-21",),
            )
        if unchanged.crossed and flow.ttl <= 1:
            yield FidelityNote(
                f"a 2012 R2 host would probably drop it for TTL {flow.ttl}", ("FWD-23",)
            )
        elif unchanged.crossed:
            yield FidelityNote(
                f"a 2012 R2 host would probably write TTL {flow.ttl - 1}", ("FWD-23",)
            )
    if RewrittenAndCounted in steps or TtlExpired in steps:
        yield FidelityNote(
            "that 2012 R2 counts hops between subnets is inferred, not documented", ("FWD-23",)
        )
    if TtlExpired in steps:
        yield FidelityNote(
            "no ICMP message is sent back, so traceroute shows a star here", ("FWD-24",)
        )
    if ResolutionOffSubnet in steps:
        yield FidelityNote(
            "what a real host does with a question about another subnet is not documented",
            ("ARP-6",),
        )
    if AnnouncementDropped in steps or AnnouncementRefused in steps:
        yield FidelityNote("that the host drops it is inferred, not documented", ("ARP-9",))
    if DuplicateAnswered in steps or DuplicateUnheld in steps:
        yield FidelityNote(
            "what a real host does with a probe for duplicates is inferred, not documented",
            ("ARP-8",),
        )
    if SwitchedLocally in steps:
        yield FidelityNote("the virtual switch delivered by MAC; HNV was not involved", ("FWD-2",))

    routed = steps.get(RouteMatched)
    if isinstance(routed, RouteMatched) and any(
        rival.metric == routed.route.metric for rival in routed.rivals
    ):
        yield FidelityNote(
            "routes tie in prefix and metric; which one a real host takes is not documented",
            ("FWD-6",),
        )
    if (
        isinstance(entered, Entered)
        and isinstance(found, (PortFound, SwitchedLocally))
        and entered.port == found.port
    ):
        yield FidelityNote("the packet goes back to the port it came from", ("FWD-35",))
    last = path.last
    if (
        isinstance(last, Delivered)
        and isinstance(found, (PortFound, SwitchedLocally))  # copies are for whoever is there
        and flow.version
        and not any(ca.version == flow.version and int(ca) == flow.dst for ca in last.port.cas)
    ):
        yield FidelityNote(
            f"the policy does not say that {last.port.name} has the destination address",
            ("FWD-33",),
        )
    if (
        profile is Profile.WS2012
        and isinstance(last, (Delivered, DeliveredToGateway))
        and SwitchedLocally not in steps
    ):
        yield FidelityNote(
            "what 2012 did to MACs and TTL between subnets is not documented",
            ("FWD-21", "FWD-23"),
        )
