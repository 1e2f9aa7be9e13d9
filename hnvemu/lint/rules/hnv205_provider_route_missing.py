"""A host has no route to the provider address of another host that it shares a network with.

## Why it matters
The two have VMs of one virtual network, and the provider addresses lie in different prefixes, or in
different families. Without a provider route the host cannot send what it has encapsulated, and
every packet to VMs behind that address is dropped.

## Example
```yaml
hosts:
  H3:
    provider_addresses: 192.168.20.13/24
    provider_routes: [{prefix: 0.0.0.0/0, next_hop: 192.168.20.1}]
virtual_networks:
  blue:
    vms:
      D: {host: H3, vsid: 5001, mac: 02-00-00-00-01-0D, ca: 10.0.1.13}
```

## Instead
Add a provider route at every host, and mind the way back: each host needs one of its own. Between
families no route helps; give the host an address of the other one.

## How sure
Documented: the route is looked up in the host's provider routes, and the driver has a code for its
absence.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

from hnvemu.findings import Note
from hnvemu.lint.rule import Problem, Rule, Severity
from hnvemu.trace.outcome import Reason

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hnvemu.addresses import IPAddress, IPPrefix
    from hnvemu.lint.subject import Subject
    from hnvemu.model.provider import Host

_TOLD = 3


def check(subject: Subject) -> Iterator[Problem]:
    """Report every such host and family once."""
    domains: dict[IPAddress, set[str]] = {}
    for rdid, pas in subject.pas_of_domain.items():
        for pa in pas:
            domains.setdefault(pa, set()).add(rdid)
    for version in (4, 6):
        pas_in_order = sorted(pa for pa in domains if pa.version == version)
        known: dict[frozenset[IPPrefix], list[IPAddress]] = {}
        for host in subject.policy.hosts.values():
            own = subject.domains_of_host.get(host.name, {}).keys()
            if not own or not host.addresses:  # a host without any address is HNV214
                continue
            reached = _reached(host, version)
            if reached not in known:
                known[reached] = [*_outside(pas_in_order, reached)]
            missed = [pa for pa in known[reached] if not own.isdisjoint(domains[pa])]
            if missed:
                yield _problem(subject, host, missed)


def _reached(host: Host, version: int) -> frozenset[IPPrefix]:
    """Return the prefixes that a host reaches: on-link, and by routes from an own address."""
    prefixes = {pa.prefix for pa in host.addresses if pa.address.version == version}
    if prefixes:
        prefixes |= {route.prefix for route in host.routes if route.prefix.version == version}
    return frozenset(prefixes)


def _outside(pas: Sequence[IPAddress], prefixes: frozenset[IPPrefix]) -> Iterator[IPAddress]:
    """Yield the addresses, which are in order, that no prefix holds."""
    numbers = [int(pa) for pa in pas]
    at = 0
    for first, last in sorted((int(p[0]), int(p[-1])) for p in prefixes):
        until = bisect_left(numbers, first, at)
        yield from pas[at:until]
        at = max(at, bisect_left(numbers, last + 1, until))
    yield from pas[at:]


def _problem(subject: Subject, host: Host, missed: list[IPAddress]) -> Problem:
    told = [f"{pa} of '{subject.owners[pa][0][0]}'" for pa in missed[:_TOLD]]
    more = f" and {len(missed) - _TOLD} more" if len(missed) > _TOLD else ""
    pa = missed[0]
    owned = subject.owners[pa][0][1]
    if all(own.address.version != pa.version for own in host.addresses):
        what = f"no IPv{pa.version} provider address to reach"
        advice = (
            "New-NetVirtualizationProviderAddress -ProviderAddress … -PrefixLength …"
            " -InterfaceIndex …, for records to name"
        )
    else:
        what = "no provider route to"
        advice = (
            f"New-NetVirtualizationProviderRoute -DestinationPrefix {owned.prefix} -NextHop …"
            " -InterfaceIndex …, or a default route"
        )
    return Problem(
        message=f"host '{host.name}' has {what} {', '.join(told)}{more}",
        origin=host.origin,
        related=(Note(f"{pa} is here", owned.origin),),
        help=advice,
    )


RULE = Rule(
    code="HNV205",
    slug="provider-route-missing",
    severity=Severity.ERROR,
    check=check,
    doc=__doc__,
    effect=Reason.PHYS_ROUTE_MISSING,
)
