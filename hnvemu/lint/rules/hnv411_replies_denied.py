"""An extended ACL denies the replies to what its VM sends, for nothing keeps state.

## Why it matters
The VM may open connections, and every answer is denied at its own port: it cannot resolve a name or
fetch an update, and the peer's side looks well. Extended ACLs remember a connection only where the
entry that lets its first packet out is stateful.

## Example
```yaml
extended_acls:
  - {vms: [B], direction: inbound, weight: 100, action: allow, protocol: tcp, local_port: 80}
  - {vms: [B], direction: inbound, weight: 1, action: deny}
```

## Instead
Allow outbound TCP and UDP by a stateful entry. Or deny them, where the VM has nothing to open.

## How sure
Documented: replies pass by state alone. The finding is about entries that deny what comes from
everywhere to the ports that guests open connections from; packets sent through the lists of some
of the VMs show it. Replies that an allowed request does not get are HNV412.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from hnvemu.findings import Note
from hnvemu.lint.boxes import Index
from hnvemu.lint.lists import named
from hnvemu.lint.replies import (
    denies_all_clients,
    exchange,
    fitted,
    is_stateless,
    requests,
)
from hnvemu.lint.rule import Problem, Rule, Severity
from hnvemu.model.acl import Direction, ExtendedAcl, Mechanism
from hnvemu.tables.table import Axis
from hnvemu.trace.outcome import Reason
from hnvemu.trace.steps import AclAllowed, AclDenied
from hnvemu.wire.flow import TCP, UDP

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hnvemu.lint.lists import Lists, Row
    from hnvemu.lint.subject import Subject
    from hnvemu.model.topology import VmPort
    from hnvemu.wire.flow import Flow

_SERVICES = {TCP: 443, UDP: 53}
_PORTS = 16
"""How many of an entry's VMs are tried; entries for more of them seldom differ."""
_ENTRIES = 64
"""How many entries are tried that let a VM's packets out."""
_FREE = (Axis.DST, Axis.DST_PORT)
"""What a VM may choose to send to."""


def check(subject: Subject) -> Iterator[Problem]:
    """Report every entry that denies the answer to something its VM may send."""
    rows = subject.lists.rows.get((Mechanism.EXTENDED, Direction.OUTBOUND), ())
    allowed = Index((box, row) for row in rows if row.allows for box in row.boxes)
    for acl in subject.policy.extended_acls:
        if acl.action == "deny" and acl.direction is Direction.INBOUND and denies_all_clients(acl):
            found = next(_denied(subject.lists, acl, allowed), None)
            if found is not None:
                yield found


def _denied(lists: Lists, acl: ExtendedAcl, allowed: Index[Row]) -> Iterator[Problem]:
    for port in lists.some(lists.in_force(acl), _PORTS):
        for protocol, name in ((TCP, "TCP"), (UDP, "UDP")):
            for request in _sent(lists, port, protocol, allowed):
                done = exchange(lists, port, request, Direction.OUTBOUND)
                if (
                    done is None
                    or not isinstance(done.stopped, AclDenied)
                    or done.stopped.rule is not acl
                ):
                    continue
                step = done.admitted.get(Mechanism.EXTENDED)
                if step is None or is_stateless(step):
                    rule = step.rule if isinstance(step, AclAllowed) else None
                    yield Problem(
                        message=f"{acl} denies the replies to the {name} connections that"
                        f" {port.name} may open",
                        origin=acl.origin,
                        related=()
                        if rule is None
                        else (
                            Note(f"{named(rule)} lets them out and keeps no state", rule.origin),
                        ),
                        help="let them out by a stateful entry: Add-VMNetworkAdapterExtendedAcl"
                        f" -Action Allow -Direction Outbound -Protocol {name} -Stateful $true"
                        " -Weight ..., or deny them",
                    )


def _sent(lists: Lists, port: VmPort, protocol: int, allowed: Index[Row]) -> Iterator[Flow]:
    """Yield connections to an outside peer, and to whom the port's entries let out."""
    for request in requests(port, Direction.OUTBOUND, protocol, _SERVICES[protocol]):
        yield request
        for box, _ in islice(allowed.hits(lists.anything_at(port)), _ENTRIES):
            yield from fitted(request, box, _FREE)


RULE = Rule(
    code="HNV411",
    slug="replies-denied",
    severity=Severity.WARNING,
    check=check,
    doc=__doc__,
    effect=Reason.ACL_DENY_IN,
)
