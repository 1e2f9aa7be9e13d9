"""A packet's way through the distributed switch, from top to bottom.

::

    sending host                                         receiving host
    ------------                                         --------------
    port ─ frame ─ guards ─ firewall out ─ kind          PA ─ (capture: tunnel, kind)
      ├─ ARP, ND: answered, or carried on ─┐               ├─ unicast: destination record
      └─ source record                     │               └─ source record
           ├─ to many: copies ─────────────│──┐                 ├─ unicast: port ──────┐
           └─ route ─ record ─ method ◀────┘  │                 └─ else: members ─ (copies)
                └─ transformation             │                                        │
                     ├─ PA is local ── port ──│──┐                                     │
                     └─ underlay ─ tunnel ────│──│──── provider network ──▶            │
                          ▲                   │  ▼                                     ▼
                          └── to each PA ─────┴▶ firewall in ─ delivered or to gateway

Rules of the file:

* The pipeline holds no packet. It asks tables and acts on the class of a step, on ``ends`` and on
  ``onward``, and on which tables a port has; never on a step's evidence. So the same code
  answers for one packet and can answer for all.
* A step is yielded before it is acted upon: whoever forgets one loses the packet.
* Each function is one stage, a flat generator. Nothing else in the package decides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.trace.steps import (
    ExactMatched,
    GroupAccepted,
    KeptLocal,
    PacketAccepted,
    ResolutionAccepted,
    ResolutionCarried,
    ResolutionFlooded,
    SwitchedLocally,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hnvemu.tables.sessions import SessionTable
    from hnvemu.tables.table import Ask
    from hnvemu.tables.tables import HostTables, ReceivingPort, SendingPort
    from hnvemu.trace.steps import (
        Arrived,
        CopiedToGroup,
        CopiedToHost,
        CopiedToPort,
        MemberFound,
        PortFound,
        ReplicatedByGroup,
        Sent,
        Step,
    )


def send(port: SendingPort, ask: Ask, sessions: SessionTable | None) -> Iterator[Step]:
    """From a VM's port to a port of the same host, into a tunnel, or into copies."""
    host = port.host
    entered = port.entered  # ING-1
    yield entered
    if entered.ends:
        return

    framed = ask(port.frames)  # ING-2 to ING-4
    yield framed
    if framed.ends:
        return

    if port.guards is not None:  # ING-5
        guarded = ask(port.guards)
        yield guarded
        if guarded.ends:
            return

    for acl in port.outbound:  # ING-5, ACL-52
        filtered = ask(acl, sessions)
        yield filtered
        if filtered.ends:
            return
        if filtered.onward is not None:
            yield filtered.onward

    if port.switch is not None:  # FWD-2
        switched = ask(port.switch)
        yield switched
        if type(switched) is SwitchedLocally:
            return

    kind = ask(port.kinds)  # ING-6 to ING-8
    yield kind
    if kind.ends:
        return

    if type(kind) is ResolutionAccepted:
        yield from resolve(port, ask)
        return
    if type(kind) is GroupAccepted:
        yield from flood(port, ask)
        return

    source = ask(port.sources)  # SRC-1 to SRC-6
    yield source
    if source.ends:
        return

    found = None
    if port.exact is not None:  # FWD-9
        found = ask(port.exact)
        yield found
        if found.ends:
            return
    if type(found) is not ExactMatched:
        route = ask(port.routes)  # FWD-3 to FWD-8
        yield route
        if route.ends:
            return
        found = ask(port.lookups, route)  # FWD-10 to FWD-12
        yield found
        if found.ends:
            return

    if port.addressed is not None:  # FWD-2b
        addressed = ask(port.addressed, found)
        yield addressed
        if addressed.ends:
            return

    method = ask(port.methods, source, found)  # FWD-13
    yield method
    if method.ends:
        return

    changed = ask(port.transform, found)  # FWD-14, FWD-20 to FWD-25
    yield changed
    if changed.ends:
        return

    placed = ask(host.places, found)  # FWD-30
    yield placed
    if type(placed) is KeptLocal:
        yield ask(host.ports, found)  # FWD-33
        return

    routed = ask(host.underlay, source, found)  # FWD-31, FWD-32
    yield routed
    if routed.ends:
        return

    yield ask(host.tunnels, found, routed)  # ENC-9, FWD-15


def resolve(port: SendingPort, ask: Ask) -> Iterator[Step]:
    """ARP and neighbour discovery: answered here, carried to one MAC, or copied to many."""
    host = port.host
    asked = ask(port.neighbours)  # ARP-1 to ARP-9
    yield asked
    if asked.ends:
        return

    if type(asked) is not ResolutionCarried:
        if type(asked) is ResolutionFlooded:
            source = ask(port.sources)  # SRC-1 to SRC-6
            yield source
            if source.ends:
                return
        yield ask(port.copies)  # BUM-2
        return

    source = ask(port.sources)  # SRC-1 to SRC-6
    yield source
    if source.ends:
        return

    method = ask(port.methods, source, asked)  # FWD-13
    yield method
    if method.ends:
        return

    placed = ask(host.places, asked)  # FWD-30
    yield placed
    if type(placed) is KeptLocal:
        yield ask(host.ports, asked)  # FWD-33
        return

    routed = ask(host.underlay, source, asked)  # FWD-31, FWD-32
    yield routed
    if routed.ends:
        return

    yield ask(host.tunnels, asked, routed)  # ENC-9, FWD-15


def flood(port: SendingPort, ask: Ask) -> Iterator[Step]:
    """Broadcast and multicast: copies for the ports of the sender's virtual subnet."""
    if port.group_sources is not None:
        source = ask(port.group_sources)  # SRC-1 to SRC-6, DHCP-2
        yield source
        if source.ends:
            return

    yield ask(port.copies)  # BUM-1 to BUM-4


def copy(
    host: HostTables, ask: Ask, made: CopiedToHost | CopiedToGroup, source: Step
) -> Iterator[Step]:
    """One copy, from the sending host into a tunnel."""
    yield made

    routed = ask(host.underlay, source, made)  # FWD-31, FWD-32
    yield routed
    if routed.ends:
        return

    yield ask(host.tunnels, made, routed)  # ENC-9


def receive(
    host: HostTables,
    ask: Ask,
    came: Sent | ReplicatedByGroup | Arrived,
    kind: Step | None,
    written: Step | None,
) -> Iterator[Step]:
    """From the provider network to a port of the receiving host, or to several.

    ``kind`` is what the sending host took the frame for, None where none did; ``written`` is the
    step by which it changed the frame, which the receiver sees.
    """
    received = ask(host.addresses, came)  # RCV-1
    yield received
    if received.ends:
        return

    if kind is None:  # a frame that no switch here made can be anything
        captured = ask(host.captures, came)  # RCV-2, RCV-4, RCV-5
        yield captured
        if captured.ends:
            return
        kind = ask(host.kinds)  # ING-6 to ING-8
        yield kind
        if kind.ends:
            return

    if type(kind) is not PacketAccepted:  # RCV-11
        speaks = type(kind) is ResolutionAccepted
        source = ask(host.remote_speakers if speaks else host.remote_sources, came)
        yield source
        if source.ends:
            return
        yield ask(host.members, came, kind)
        return

    inbound = ask(host.inbound, came, written)  # RCV-3, RCV-6 to RCV-8
    yield inbound
    if inbound.ends:
        return

    source = ask(host.remote_sources, came)  # RCV-9, RCV-10
    yield source
    if source.ends:
        return

    yield ask(host.ports, inbound)  # FWD-33


def deliver(
    port: ReceivingPort,
    ask: Ask,
    found: PortFound | SwitchedLocally | MemberFound | CopiedToPort,
    sessions: SessionTable | None,
) -> Iterator[Step]:
    """Out of the switch at the destination's port."""
    for acl in port.inbound:  # FWD-34, ACL-52
        filtered = ask(acl, sessions)
        yield filtered
        if filtered.ends:
            return
        if filtered.onward is not None:
            yield filtered.onward

    yield ask(port.owners, found)
