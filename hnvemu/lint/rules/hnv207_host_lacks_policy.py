"""A host with VMs of a virtual network lacks records or routes that other hosts have.

## Why it matters
A host checks the source of what it receives as well as the destination of what it sends. A record
that is missing on one host therefore stops both directions between its VMs and that address; a
missing route stops whatever it leads to. After a restart a host has lost all of them.

## Example
```yaml
host_views:
  H1:
    without_lookup_records: [{ca: 10.0.1.11, vsid: 5001}]
```

## Instead
Write the whole table of a routing domain to every host that has one of its VMs. A host with
gateways alone may do without the default route. A record that differs is HNV208; one that is
dynamic is learned by each host for itself, and has no finding.

## How sure
Documented: every host of a routing domain needs the whole table, and the manager has to replay it
after a restart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.findings import Note
from hnvemu.lint.rule import Problem, Rule, Severity
from hnvemu.model.policy import Restart
from hnvemu.model.records import LookupRecord, RecordType
from hnvemu.trace.outcome import Reason

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hnvemu.addresses import IPAddress
    from hnvemu.lint.subject import Subject
    from hnvemu.model.policy import HostView
    from hnvemu.model.records import CustomerRoute
    from hnvemu.model.topology import VmPort

_TOLD = 3
_HELP = (
    "replay the policy there: New-NetVirtualizationLookupRecord and"
    " New-NetVirtualizationCustomerRoute -CimSession …"
)


def check(subject: Subject) -> Iterator[Problem]:
    """Report what the views of hosts take away, and records that one view alone has."""
    for host, view in subject.policy.views.items():
        domains = subject.domains_of_host.get(host, {})
        if domains and view.restarted is not Restart.NO:
            yield _restarted(view, next(iter(domains.values())))
        elif domains:
            yield from _lacking(subject, view, domains)
    yield from _known_to_few(subject)


def _restarted(view: HostView, port: VmPort) -> Problem:
    lost = "lookup records and customer routes"
    if view.restarted is Restart.ALL:
        lost = "provider addresses, lookup records and customer routes"
    return Problem(
        message=f"host '{view.host}' has restarted and lost its {lost}",
        origin=view.origin,
        related=(Note(f"'{port}' is there", port.origin),),
        help=_HELP,
    )


def _lacking(subject: Subject, view: HostView, domains: dict[str, VmPort]) -> Iterator[Problem]:
    lost: dict[str, list[LookupRecord | CustomerRoute]] = {}
    others = {
        (subject.common.rd_of(record.vsid), record.ca)
        for record in view.lookup_records
        if record.names_a_host
    }
    for record in _records(subject, view):
        rdid = subject.common.rd_of(record.vsid)
        is_elsewhere = record.names_a_host and (rdid, record.ca) in others  # HNV208
        if rdid in domains and not is_elsewhere and _is_needed(subject, view, record):
            lost.setdefault(rdid, []).append(record)
    for route in _routes(subject, view):
        if route.rdid in domains:
            lost.setdefault(route.rdid, []).append(route)
    for rdid, things in lost.items():
        some = ", ".join(map(str, things[:_TOLD]))
        more = f" and {len(things) - _TOLD} more" if len(things) > _TOLD else ""
        has_record = any(isinstance(thing, LookupRecord) for thing in things)
        yield Problem(
            message=f"host '{view.host}' has '{domains[rdid]}' and lacks {some}{more}",
            origin=view.origin,
            related=(
                Note(f"'{domains[rdid]}' is there", domains[rdid].origin),
                Note("others have it from here", things[0].origin),
            ),
            help=_HELP,
            effect=None if has_record else Reason.ROUTE_MISSING,
        )


def _records(subject: Subject, view: HostView) -> Iterator[LookupRecord]:
    """Yield the policy's records that a host does not have, and has no other in place of."""
    given = {(record.vsid, record.ca, _kind(record)) for record in view.lookup_records}
    keys: dict[tuple[int, IPAddress], None] = {}
    keys |= dict.fromkeys((key.vsid, key.ca) for key in view.without_lookup_records)
    keys |= dict.fromkeys((record.vsid, record.ca) for record in view.lookup_records)
    for key in keys:
        for record in subject.records_of_address.get(key, ()):
            is_usable = not record.unusable and not record.unsynchronized
            is_learned = record.type is RecordType.DYNAMIC
            if is_usable and not is_learned and (*key, _kind(record)) not in given:
                yield record


def _kind(record: LookupRecord) -> RecordType:
    return RecordType.STATIC if record.type is RecordType.DYNAMIC else record.type


def _is_needed(subject: Subject, view: HostView, record: LookupRecord) -> bool:
    """Whether a host needs a record: that of a ``.1`` only where guests of the subnet are."""
    if not subject.is_router(record):
        return True
    ports = subject.ports_of_vsid.get(record.vsid, ())
    return any(port.host == view.host for port in ports)


def _routes(subject: Subject, view: HostView) -> Iterator[CustomerRoute]:
    """Yield the routes that a host lacks; a gateway's needs no way to itself (GWY-5)."""
    absent = set(view.without_customer_routes)
    if not absent:
        return
    guests = {
        subject.policy.networks[port.network].rdid
        for port in subject.ports_of_host.get(view.host, ())
        if not port.gateway
    }
    for route in subject.policy.routes:
        if (route.network, route.prefix) in absent and (
            route.prefix.prefixlen or route.rdid in guests
        ):
            yield route


def _known_to_few(subject: Subject) -> Iterator[Problem]:
    """Report records of VMs that a view has, and neither the policy nor another host in need."""
    knowing: dict[tuple[int, IPAddress], dict[str, LookupRecord]] = {}
    for host, view in subject.policy.views.items():
        for record in view.lookup_records:
            key = record.vsid, record.ca
            if key not in subject.records_of_address:
                knowing.setdefault(key, {})[host] = record
    in_need: dict[str, list[str]] = {}
    for host, domains in subject.domains_of_host.items():
        for domain in domains:
            in_need.setdefault(domain, []).append(host)
    for records in knowing.values():
        record = next(iter(records.values()))
        rdid = subject.common.rd_of(record.vsid)
        if rdid is None or not _is_of_port(subject, record, rdid):
            continue
        lacking = next((host for host in in_need.get(rdid, ()) if host not in records), None)
        if lacking is not None:
            port = subject.domains_of_host[lacking][rdid]
            yield Problem(
                message=f"host '{lacking}' has '{port}' and lacks {record}, which is written for"
                f" {', '.join(records)} alone",
                origin=record.origin,
                related=(Note(f"'{port}' is here", port.origin),),
                help="move the record to the lookup_records of the virtual network:"
                " New-NetVirtualizationLookupRecord on every host",
            )


def _is_of_port(subject: Subject, record: LookupRecord, rdid: str) -> bool:
    if record.type is RecordType.DYNAMIC or (record.vsid, record.mac) not in subject.ports_of_mac:
        return False
    elsewhere = subject.common.in_domain(rdid, record.ca.version, int(record.ca))
    return not (record.names_a_host and elsewhere)


RULE = Rule(
    code="HNV207",
    slug="host-lacks-policy",
    severity=Severity.ERROR,
    check=check,
    doc=__doc__,
    effect=Reason.DST_RECORD_MISSING,
)
