"""The prefix of a customer route has host bits set, or a length that its family does not have.

## Why it matters
A host refuses such a route. hnvemu clears the host bits and goes on, so the policy works here and
not there. A length that cannot be is refused here too, before anything else is judged.

## Example
```yaml
virtual_networks:
  blue:
    customer_routes:
      - {prefix: 10.0.2.10/24, next_hop: on-link, vsid: 5002}
```

## Instead
Write the first address of the prefix, or the length 32 (128 for IPv6) for a single address.

## How sure
Documented: the driver reports an invalid prefix length.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.lint.cmdlets import rerouting
from hnvemu.lint.rule import Problem, Rule, SetKey, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hnvemu.lint.subject import Subject


def check(subject: Subject) -> Iterator[Problem]:
    """Report host bits; the reader itself refuses a length that cannot be."""
    for route in subject.policy.routes:
        if route.written:
            yield Problem(
                message=f"{route.written} has host bits set: the prefix is {route.prefix}",
                origin=route.origin,
                help=rerouting(route),
                mends=(SetKey(route.origin, "prefix", str(route.prefix)),),
            )


RULE = Rule(
    code="HNV116",
    slug="prefix-with-host-bits",
    severity=Severity.ERROR,
    check=check,
    doc=__doc__,
)
