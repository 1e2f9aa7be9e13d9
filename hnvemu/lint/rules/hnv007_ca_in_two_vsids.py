"""One customer address has lookup records in two virtual subnets of a routing domain.

## Why it matters
Other subnets find a host by its address alone. The longest prefix decides for one of the two
subnets, and of equal prefixes a rule that is not documented. The VM in the other one is reached by
its own subnet at best. Two VMs are one address to a firewall as well.

## Example
```yaml
virtual_networks:
  blue:
    customer_routes:
      - {prefix: 10.0.1.0/28, next_hop: on-link, vsid: 5002}
    vms:
      D: {host: H2, vsid: 5002, mac: 02-00-00-00-02-0A, ca: 10.0.1.10}
```

## Instead
Give each VM of a virtual network an address of its own, and each virtual subnet a prefix that
overlaps with no other. That on-link prefixes overlap is HNV102, also where no address is used
twice; a record outside the prefixes of its subnet is HNV011.

## How sure
It follows from the lookup, which knows the destination address and nothing else. No packet is
dropped for it where both VMs exist: it reaches the wrong one of the two.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.findings import Note
from hnvemu.lint.rule import Problem, Rule, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hnvemu.addresses import IPAddress
    from hnvemu.lint.subject import Subject
    from hnvemu.model.records import LookupRecord


def check(subject: Subject) -> Iterator[Problem]:
    """Report a record whose address a VSID of the same domain has before."""
    first: dict[tuple[str, IPAddress], LookupRecord] = {}
    told: set[tuple[int, IPAddress]] = set()
    for record in subject.policy.records:
        key = record.vsid, record.ca
        rdid = subject.common.rd_of(record.vsid)
        if rdid is None or not record.names_a_host or key in subject.dot_ones:
            continue
        if next(subject.subnets(*key), None) is None:
            continue
        other = first.setdefault((rdid, record.ca), record)
        if other.vsid != record.vsid and key not in told:
            told.add(key)
            yield Problem(
                message=f"{record.ca} in VSID {record.vsid} is an address in VSID {other.vsid}"
                " of the same routing domain too",
                origin=record.origin,
                related=(Note("the other one is here", other.origin),),
                help="give one of the two VMs an address of a prefix that its subnet alone has",
            )


RULE = Rule(
    code="HNV007",
    slug="ca-in-two-vsids",
    severity=Severity.ERROR,
    check=check,
    doc=__doc__,
)
