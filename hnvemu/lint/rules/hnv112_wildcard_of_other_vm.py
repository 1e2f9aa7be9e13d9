"""The gateway wildcard names another MAC or provider address than the gateway's own record.

## Why it matters
The own record carries packets to the gateway, and the wildcard vouches for the addresses behind it.
When they disagree, one half of a conversation fails: the gateway's host does not accept what it is
sent, or the gateway may not send what it gets from outside.

## Example
```yaml
virtual_networks:
  blue:
    customer_routes:
      - {prefix: 10.0.2.0/24, next_hop: on-link, vsid: 5002}
      - {prefix: 0.0.0.0/0, next_hop: 10.0.2.250, vsid: 5002}
    vms:
      GW: {host: H2, vsid: 5002, mac: 02-00-00-00-02-FA, ca: 10.0.2.250}
    generate_lookup_records: true
    lookup_records:
      - {ca: 0.0.0.0, vsid: 5002, mac: 02-00-00-00-02-FA, pa: 192.168.10.11, type: gateway_wildcard}
```

## Instead
Change both records when a gateway moves or is replaced. Of several wildcards one has to be the next
hop's; that there are several is HNV016. A virtual subnet without any is HNV111.

## How sure
Inferred from how senders and receivers are validated.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.findings import Note
from hnvemu.lint.cmdlets import setting
from hnvemu.lint.routing import Fault
from hnvemu.lint.rule import Problem, Rule, Severity
from hnvemu.trace.outcome import Reason

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hnvemu.lint.routing import Way
    from hnvemu.lint.subject import Subject
    from hnvemu.model.records import LookupRecord


def check(subject: Subject) -> Iterator[Problem]:
    """Report the wildcard that a host would ask, once for each next hop that is used."""
    for way, record, wildcard in foreign(subject):
        yield Problem(
            message=f"the gateway wildcard of VSID {wildcard.vsid} is not that of next hop"
            f" {way.hop}: {_differences(wildcard, record)}",
            origin=wildcard.origin,
            related=(
                Note(f"the record of {way.hop} is here", record.origin),
                Note(f"it is the next hop of {way.route.prefix}", way.route.origin),
            ),
            help=setting(wildcard, f"-ProviderAddress {record.pa}")
            if wildcard.mac == record.mac
            else f"remove the wildcard, and add one with MAC {record.mac} and PA {record.pa}",
        )


def foreign(subject: Subject) -> Iterator[tuple[Way, LookupRecord, LookupRecord]]:
    """Yield next hops with their record, and the wildcard that should be theirs and is not."""
    told: set[tuple[int, object]] = set()
    for way in subject.ways:
        record, key = way.found, (way.route.vsid, way.hop)
        if not way.is_used or isinstance(record, Fault) or key in told:
            continue
        told.add(key)
        wildcards = subject.common.wildcards(way.route.vsid, way.hop.version)
        if wildcards and all((w.mac, w.pa) != (record.mac, record.pa) for w in wildcards):
            yield way, record, next((w for w in wildcards if w.mac == record.mac), wildcards[0])


def _differences(wildcard: LookupRecord, record: LookupRecord) -> str:
    return " and ".join(
        f"{name} {there} in place of {here}"
        for name, there, here in (("MAC", wildcard.mac, record.mac), ("PA", wildcard.pa, record.pa))
        if there != here
    )


RULE = Rule(
    code="HNV112",
    slug="wildcard-of-other-vm",
    severity=Severity.WARNING,
    check=check,
    doc=__doc__,
    effect=Reason.DST_PA_MISMATCH,
)
