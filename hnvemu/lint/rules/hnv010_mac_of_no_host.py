"""A MAC is that of a group, or null, and so belongs to no adapter.

## Why it matters
The lowest bit of the first octet marks groups: 01-00-5E-…, 33-33-…, FF-FF-FF-FF-FF-FF and every
other odd first octet. A frame from such a MAC, or from 00-00-00-00-00-00, is dropped where it
enters the switch.

## Example
```yaml
virtual_networks:
  blue:
    vms:
      D: {host: H1, vsid: 5001, mac: 03-00-00-00-01-0D, ca: 10.0.1.13}
```

## Instead
Make the first octet even: 02 for MACs of your own, 00-15-5D for those of Hyper-V. The record of a
group address may have the group's MAC.

## How sure
Documented: the switch has a drop reason for an invalid source MAC.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.lint.rule import Problem, Rule, Severity
from hnvemu.trace.outcome import Reason

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hnvemu.lint.subject import Subject
    from hnvemu.model.topology import VmPort

_GROUP_BIT = 1 << 40


def check(subject: Subject) -> Iterator[Problem]:
    """Report ports, listed records and provider addresses."""
    policy = subject.policy
    adapters: dict[str, VmPort] = {}
    for port in policy.ports.values():
        adapters.setdefault(port.trunk or port.name, port)
    places = [(f"'{name}'", port.mac, port.origin) for name, port in adapters.items()]
    places += [
        (str(record), record.mac, record.origin)
        for record in subject.records
        if not record.generated and not (record.ca.is_multicast or record.pa.is_multicast)
    ]
    places += [
        (f"provider address {pa.address}", pa.mac, pa.origin)
        for host in policy.hosts.values()
        for pa in host.addresses
    ]
    for what, mac, origin in places:
        if mac == 0 or mac & _GROUP_BIT:
            kind = "no adapter has" if mac == 0 else "is that of a group"
            yield Problem(
                message=f"{what} has MAC {mac}, which {kind}",
                origin=origin,
                help="use a MAC whose first octet is even, such as 02-00-…, in the records too:"
                " Set-VMNetworkAdapter -StaticMacAddress",
            )


RULE = Rule(
    code="HNV010",
    slug="mac-of-no-host",
    severity=Severity.ERROR,
    check=check,
    doc=__doc__,
    effect=Reason.INVALID_SRC_MAC,
)
