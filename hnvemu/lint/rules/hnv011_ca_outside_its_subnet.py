"""A lookup record's address is outside every on-link prefix of its virtual subnet.

## Why it matters
The route is looked up first, and it names the VSID in which the record is sought. No route leads to
an address outside the prefixes, or the default route takes its packets to the gateway; the record
is never asked.

## Example
```yaml
virtual_networks:
  blue:
    vms:
      D: {host: H1, vsid: 5001, mac: 02-00-00-00-01-0D, ca: 10.0.9.13}
```

## Instead
Correct the address or the VSID, or add the on-link route of the prefix. A virtual subnet without
any on-link route is HNV101; one without a route of the family is told once for all its addresses.
Addresses that no VM can have are HNV012.

## How sure
Inferred: an on-link route is mandatory for every subnet, and the lookup begins with the route.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.findings import Note
from hnvemu.lint.cmdlets import UNSPECIFIED
from hnvemu.lint.rule import Problem, Rule, Severity
from hnvemu.lint.rules.hnv012_ca_of_no_vm import special
from hnvemu.model.records import is_unspecified
from hnvemu.trace.outcome import Reason

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hnvemu.lint.subject import Subject
    from hnvemu.model.records import LookupRecord


def check(subject: Subject) -> Iterator[Problem]:
    """Report every such record, or one where a family has no prefix at all; generated at the VM."""
    families = {(r.vsid, r.prefix.version) for routes in subject.on_link.values() for r in routes}
    bare: dict[tuple[int, int], list[LookupRecord]] = {}
    for record in subject.records:
        vsid, ca = record.vsid, record.ca
        if not record.names_a_host or vsid not in subject.on_link:
            continue
        if is_unspecified(ca) or ca.is_multicast or special(ca) is not None:
            continue
        if (vsid, ca.version) not in families:
            bare.setdefault((vsid, ca.version), []).append(record)
        elif next(subject.subnets(vsid, ca), None) is None:
            prefixes = [str(r.prefix) for r in subject.on_link[vsid][:3]]
            more = "…" if len(subject.on_link[vsid]) > len(prefixes) else ""
            yield Problem(
                message=f"{ca} lies outside the on-link prefixes of VSID {vsid}:"
                f" {', '.join(prefixes)}{more}",
                origin=record.origin,
                help="correct the address or the VSID, or add the route of its prefix:"
                f" New-NetVirtualizationCustomerRoute -VirtualSubnetID {vsid}"
                f" -DestinationPrefix … -NextHop {UNSPECIFIED[ca.version]} -RoutingDomainID …",
            )
    for (vsid, version), records in bare.items():
        more = f" and {len(records) - 1} more" if len(records) > 1 else ""
        yield Problem(
            message=f"VSID {vsid} has no IPv{version} on-link route for {records[0].ca}{more}",
            origin=records[0].origin,
            related=(
                Note("the on-link route that it has is here", subject.on_link[vsid][0].origin),
            ),
            help=f"New-NetVirtualizationCustomerRoute -VirtualSubnetID {vsid} -DestinationPrefix …"
            f" -NextHop {UNSPECIFIED[version]} -RoutingDomainID …",
        )


RULE = Rule(
    code="HNV011",
    slug="ca-outside-its-subnet",
    severity=Severity.ERROR,
    check=check,
    doc=__doc__,
    effect=Reason.ROUTE_MISSING,
)
