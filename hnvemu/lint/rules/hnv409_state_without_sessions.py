"""An extended ACL keeps state of a protocol without sessions, or has a timeout without state.

## Why it matters
State is kept of TCP and UDP alone, and only what keeps state can time out. A real host refuses both
entries. Without the state, replies need an entry of their own.

## Example
```yaml
extended_acls:
  - {vms: [B], direction: outbound, weight: 10, action: allow, protocol: icmpv4, stateful: true}
```

## Instead
Leave `-Stateful` out and allow the replies too, or name TCP or UDP. Say `-Stateful $true` where
there is an `-IdleSessionTimeout`; a timeout of 0 says the same as none.

## How sure
Documented for the cmdlet's parameters.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.lint.rule import Problem, Rule, Severity
from hnvemu.wire.flow import TCP, UDP

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hnvemu.lint.subject import Subject


def check(subject: Subject) -> Iterator[Problem]:
    """Report every extended ACL with state, or a timeout, that there cannot be."""
    for acl in subject.policy.extended_acls:
        number = None if acl.protocol is None else acl.protocol.number
        if acl.stateful and number not in (None, TCP, UDP):
            yield Problem(
                message=f"{acl} keeps state of protocol {number}: only TCP and UDP have sessions",
                origin=acl.origin,
                help="leave -Stateful out, and allow the other direction by an entry of its own",
            )
        if acl.idle_timeout and not acl.stateful:
            yield Problem(
                message=f"{acl} has an idle timeout of {acl.idle_timeout} s and keeps no state",
                origin=acl.origin,
                help="say -Stateful $true, or leave -IdleSessionTimeout out",
            )


RULE = Rule(
    code="HNV409",
    slug="state-without-sessions",
    severity=Severity.ERROR,
    check=check,
    doc=__doc__,
)
