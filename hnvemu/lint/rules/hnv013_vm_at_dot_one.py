"""A VM uses the first address of its subnet, which is kept for the distributed router.

## Why it matters
Guests have this address as their default gateway. The hosts answer its ARP themselves, and packets
to it end there: nobody behind a record for it is ever reached.

## Example
```yaml
virtual_networks:
  blue:
    vms:
      D: {host: H1, vsid: 5001, mac: 02-00-00-00-01-0D, ca: 10.0.1.1}
```

## Instead
Give the VM another address, a router or gateway VM too: .2 does as well. This rule also speaks for
HNV006, since the VM's record and that of the `.1` claim one address.

## How sure
Documented for IPv4; for IPv6 it is inferred that the address after the prefix's own is the one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.addresses import first_host
from hnvemu.lint.rule import Problem, Rule, Severity
from hnvemu.trace.outcome import Reason

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hnvemu.addresses import IPAddress
    from hnvemu.lint.subject import Subject
    from hnvemu.model.origin import Origin
    from hnvemu.model.topology import VmPort


def check(subject: Subject) -> Iterator[Problem]:
    """Report ports that state the address, and listed records with a port's MAC."""
    for port in subject.policy.ports.values():
        for ca in port.cas:
            if (port.vsid, ca) in subject.dot_ones:
                yield _problem(subject, port, ca, port.origin)
    for record in subject.records:
        key = record.vsid, record.ca
        if key in subject.dot_ones and record.names_a_host:
            for port in subject.ports_of_mac.get((record.vsid, record.mac), []):
                if record.ca not in port.cas:
                    yield _problem(subject, port, record.ca, record.origin)


def _problem(subject: Subject, port: VmPort, ca: IPAddress, origin: Origin) -> Problem:
    routes = subject.subnets(port.vsid, ca)
    route = next(route for route in routes if first_host(route.prefix) == ca)
    return Problem(
        message=f"'{port}' uses {ca}, the router's address in {route.prefix}",
        origin=origin,
        help=f"give it another address of {route.prefix}, in the guest and in its lookup record",
    )


RULE = Rule(
    code="HNV013",
    slug="vm-at-dot-one",
    severity=Severity.ERROR,
    check=check,
    doc=__doc__,
    effect=Reason.GATEWAY_NOT_A_HOST,
)
