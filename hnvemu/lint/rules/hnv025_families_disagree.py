"""The IPv4 and the IPv6 record of one VM disagree on its MAC, its VSID or its host's address.

## Why it matters
Each family has records of its own, and a change of one is easily forgotten in the other. The VM is
then reachable by IPv4 and not by IPv6, or the other way round, which guests show as long waits.

## Example
```yaml
virtual_networks:
  blue:
    customer_routes:
      - {prefix: "2001:db8:1::/64", next_hop: on-link, vsid: 5001}
    generate_lookup_records: true
    lookup_records:
      - {ca: 10.0.1.13, vsid: 5001, mac: 02-00-00-00-01-0D, pa: 192.168.10.11, vm: D}
      - {ca: "2001:db8:1::d", vsid: 5001, mac: 02-00-00-00-01-0E, pa: 192.168.10.11, vm: D}
```

## Instead
Make the two alike. Records are of one VM if they have a VSID and a MAC in common, or a virtual
network and a `vm`. Where the VM itself is in the policy, a record that contradicts it is an error
of its own: HNV203, HNV301, HNV302. A provider address that no host has is HNV201, and a host may
have one for each family.

## How sure
Documented: the families are configured separately.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.findings import Note
from hnvemu.lint.rule import Problem, Rule, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hnvemu.addresses import MacAddress
    from hnvemu.lint.subject import Subject
    from hnvemu.model.records import LookupRecord

_FAMILIES = (4, 6)


def check(subject: Subject) -> Iterator[Problem]:
    """Report the first IPv6 record that differs from the IPv4 record of the same VM."""
    macs = {mac for _, mac in subject.ports_of_mac}
    for records in subject.records_of_mac.values():
        yield from _compared(subject, records, macs)
    of_label: dict[tuple[str, str], list[LookupRecord]] = {}
    for record in subject.policy.records:
        rdid = subject.common.rd_of(record.vsid)
        if record.vm and not record.generated and rdid is not None:
            of_label.setdefault((rdid, record.vm), []).append(record)
    for records in of_label.values():
        # Those of one VSID and MAC have been compared already.
        if len({(record.vsid, record.mac) for record in records}) > 1:
            yield from _compared(subject, records, macs)


def _compared(
    subject: Subject, records: list[LookupRecord], macs: set[MacAddress]
) -> Iterator[Problem]:
    first: dict[int, LookupRecord] = {}
    for record in records:
        if not record.names_a_host or subject.is_router(record) or record.ca.is_multicast:
            continue
        known = first.setdefault(record.ca.version, record)
        if (known.vsid, known.mac, known.pa) != (record.vsid, record.mac, record.pa):
            return  # a family that disagrees with itself is not one VM
    if len(first) < len(_FAMILIES):
        return
    ipv4, ipv6 = (first[version] for version in _FAMILIES)
    ports = [subject.ports_of_mac.get((record.vsid, record.mac)) for record in (ipv4, ipv6)]
    if all(ports) and ports[0] != ports[1]:
        return  # two adapters of a VM, each with its own MAC
    if any(_contradicts_port(subject, record, macs) for record in (ipv4, ipv6)):
        return
    differ = [
        f"{name} {there} and {here}"
        for name, there, here in (
            ("VSID", ipv4.vsid, ipv6.vsid),
            ("MAC", ipv4.mac, ipv6.mac),
            ("PA", ipv4.pa, ipv6.pa),
        )
        if there != here and (name != "PA" or _pas_differ(subject, ipv4, ipv6))
    ]
    if differ:
        yield Problem(
            message=f"{ipv4.ca} and {ipv6.ca} are of one VM and disagree: {', '.join(differ)}",
            origin=ipv6.origin,
            related=(Note(f"the record of {ipv4.ca} is here", ipv4.origin),),
            help="make the two records alike; New-NetVirtualizationLookupRecord for another VSID"
            " or MAC, Set-NetVirtualizationLookupRecord -ProviderAddress for another PA",
        )


def _contradicts_port(subject: Subject, record: LookupRecord, macs: set[MacAddress]) -> bool:
    """Whether the VM is in the policy, and its host, VSID or MAC is another than the record's."""
    ports = subject.ports_of_mac.get((record.vsid, record.mac))
    if ports:
        owners = {host for host, _ in subject.owners.get(record.pa, ())}
        return all(port.host not in owners for port in ports)
    return record.mac in macs or (record.vsid, record.ca) in subject.ports_of_address


def _pas_differ(subject: Subject, ipv4: LookupRecord, ipv6: LookupRecord) -> bool:
    owners = [{host for host, _ in subject.owners.get(r.pa, ())} for r in (ipv4, ipv6)]
    if not all(owners):
        return False  # a PA that no host has is HNV201
    return ipv4.pa.version == ipv6.pa.version or not owners[0] & owners[1]


RULE = Rule(
    code="HNV025",
    slug="families-disagree",
    severity=Severity.WARNING,
    check=check,
    doc=__doc__,
)
