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
of the VMs show it. Replies that an allowed request does not get are HNV412. Of the entry that lets
the connections out HNV403 says nothing then.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.findings import Note
from hnvemu.lint.lists import named
from hnvemu.lint.rule import Problem, Rule, Severity
from hnvemu.trace.outcome import Reason

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hnvemu.lint.subject import Subject


def check(subject: Subject) -> Iterator[Problem]:
    """Report every entry that denies the answer to something its VM may send."""
    for acl, protocol, port, allowed in subject.lost_replies:
        yield Problem(
            message=f"{acl} denies the replies to the {protocol} connections that"
            f" {port.name} may open",
            origin=acl.origin,
            related=()
            if allowed is None
            else (Note(f"{named(allowed)} lets them out and keeps no state", allowed.origin),),
            help="let them out by a stateful entry: Add-VMNetworkAdapterExtendedAcl"
            f" -Action Allow -Direction Outbound -Protocol {protocol} -Stateful $true"
            " -Weight ..., or deny the connections too",
        )


RULE = Rule(
    code="HNV411",
    slug="replies-denied",
    severity=Severity.WARNING,
    check=check,
    doc=__doc__,
    effect=Reason.ACL_DENY_IN,
)
