"""A route takes addresses of an on-link prefix to a VM.

## Why it matters
The longer prefix wins, so packets to these addresses go to the next hop, even those to a VM with a
lookup record. Guests of the same subnet ask for the address by ARP first and get no answer where it
has no record, so the route may work for the other subnets alone.

## Example
```yaml
virtual_networks:
  blue:
    customer_routes:
      - {prefix: 10.0.1.128/25, next_hop: 10.0.1.11, vsid: 5001}
```

## Instead
Give what is behind the VM a prefix outside the virtual network's own subnets. A route whose next
hop is itself among the steered addresses is HNV118; prefixes that are both on-link are HNV102.

## How sure
The longest match is documented; what it means for a subnet is inferred.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.findings import Note
from hnvemu.lint.rule import Problem, Rule, Severity
from hnvemu.lint.rules.hnv118_routes_loop import loops

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hnvemu.lint.subject import Subject


def check(subject: Subject) -> Iterator[Problem]:
    """Report every route in use whose prefix lies in an on-link one."""
    looping = {id(way.route) for loop in loops(subject) for way in loop}
    for way in subject.ways:
        route = way.route
        around = subject.domains[route.rdid].on_link.around(route.prefix)
        if around is not None and way.is_used and id(route) not in looping:
            refused = not subject.common.wildcards(route.vsid, route.prefix.version)
            is_lost = refused and subject.has_guest_in(around.vsid, route.prefix)
            yield Problem(
                message=f"{route.prefix} via {way.hop} takes addresses out of {around.prefix},"
                f" which is on-link in VSID {around.vsid}",
                origin=route.origin,
                related=(Note(f"{around.prefix} is here", around.origin),),
                help="use a prefix outside the subnets for what is behind the VM",
                # Where the next hop's subnet has no wildcard, its host refuses what is for a VM.
                severity=Severity.ERROR if is_lost else None,
            )


RULE = Rule(
    code="HNV117",
    slug="subnet-steered",
    severity=Severity.WARNING,
    check=check,
    doc=__doc__,
)
