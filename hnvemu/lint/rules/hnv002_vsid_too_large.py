"""A VSID is larger than a lookup record, a customer route or a port can have.

## Why it matters
A VSID has 24 bits, and the last of them, 16777215, is kept for what network virtualization
endpoints tell each other (RFC 7637). Records and routes with it are refused. The setting of a port
takes it, but the record that its VM needs does not exist then.

## Example
```yaml
virtual_networks:
  blue:
    customer_routes:
      - {prefix: 10.0.3.0/24, next_hop: on-link, vsid: 16777215}
```

## Instead
Choose a VSID from 4096 to 16777214. What does not fit into 24 bits cannot be read at all; that
error has the number of this rule too.

## How sure
Documented: the cmdlets refuse the number in records and routes, and accept it at a port.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.lint.rule import Problem, Rule, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hnvemu.lint.subject import Subject

_LAST = 16_777_214


def check(subject: Subject) -> Iterator[Problem]:
    """Report records and routes with the last VSID; a generated record is reported at its VM."""
    places = [(str(route), route.origin) for route in subject.policy.routes if route.vsid > _LAST]
    # The record of a .1 is made of its route, which is reported already.
    told = {origin for _, origin in places}
    places += [
        (str(record), record.origin)
        for record in subject.records
        if record.vsid > _LAST and record.origin not in told
    ]
    for what, origin in places:
        yield Problem(
            message=f"{what} has a VSID that no record or route can have: the last is {_LAST}",
            origin=origin,
            help="choose a VSID from 4096 to 16777214 in every record, route and port of the"
            " subnet",
        )


RULE = Rule(
    code="HNV002",
    slug="vsid-too-large",
    severity=Severity.ERROR,
    check=check,
    doc=__doc__,
)
