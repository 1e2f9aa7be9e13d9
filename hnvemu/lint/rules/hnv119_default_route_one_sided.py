"""A virtual network has IPv6 addresses and an IPv4 default route, and none for IPv6.

## Why it matters
The families are configured separately. A guest that has an IPv6 address prefers it, tries the
outside by IPv6 first, and waits until that fails.

## Example
```yaml
virtual_networks:
  blue:
    customer_routes:
      - {prefix: "2001:db8:1::/64", next_hop: on-link, vsid: 5001}
      - {prefix: 10.0.2.0/24, next_hop: on-link, vsid: 5002}
      - {prefix: 0.0.0.0/0, next_hop: 10.0.2.250, vsid: 5002}
    vms:
      D: {host: H1, vsid: 5001, mac: 02-00-00-00-01-0D, ca: [10.0.1.13, "2001:db8:1::d"]}
      GW: {host: H2, vsid: 5002, mac: 02-00-00-00-02-FA, ca: 10.0.2.250, gateway: true}
```

## Instead
Give the gateway an IPv6 address, a `::` wildcard and a `::/0` route. If IPv6 is meant to stay
inside, ignore the finding where the IPv4 default route stands.

## How sure
Inferred: whether the one-sided access is meant cannot be seen in a policy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.findings import Note
from hnvemu.lint.rule import Problem, Rule, Severity
from hnvemu.trace.outcome import Reason

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hnvemu.lint.subject import Subject
    from hnvemu.model.records import CustomerRoute, LookupRecord


def check(subject: Subject) -> Iterator[Problem]:
    """Report the IPv4 default route of every such routing domain."""
    addressed = _first_ipv6_records(subject)
    for domain in subject.domains.values():
        defaults: dict[int, CustomerRoute] = {}
        for route in domain.routes:
            if not route.prefix.prefixlen:
                defaults.setdefault(route.prefix.version, route)
        record = addressed.get(domain.rdid)
        if 4 in defaults and 6 not in defaults and record is not None:
            route = defaults[4]
            yield Problem(
                message=f"virtual network '{route.network}' has IPv6 addresses and an IPv4 default"
                " route, and no ::/0",
                origin=route.origin,
                related=(Note(f"{record.ca} is here", record.origin),),
                help=f"New-NetVirtualizationCustomerRoute -RoutingDomainID '{route.rdid}'"
                " -VirtualSubnetID … -DestinationPrefix ::/0 -NextHop …",
            )


def _first_ipv6_records(subject: Subject) -> dict[str, LookupRecord]:
    """Return the first record of a VM's IPv6 address in an on-link prefix, by RDID."""
    found: dict[str, LookupRecord] = {}
    for record in subject.policy.records:
        if record.ca.version == 6 and record.names_a_host and not subject.is_router(record):
            route = next(subject.subnets(record.vsid, record.ca), None)
            if route is not None:
                found.setdefault(route.rdid, record)
    return found


RULE = Rule(
    code="HNV119",
    slug="default-route-one-sided",
    severity=Severity.WARNING,
    check=check,
    doc=__doc__,
    effect=Reason.ROUTE_MISSING,
)
