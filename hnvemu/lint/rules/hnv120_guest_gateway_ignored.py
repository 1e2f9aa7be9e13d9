"""A guest's default gateway is not the `.1` of its subnet.

## Why it matters
HNV forwards by destination address and does not look at the MAC to which the guest sends. A guest
that names a VM as its gateway does not get its packets there: the customer routes decide. Only the
virtual switch of Windows Server 2012 delivers by MAC inside one host, and its filter drops what
goes to a MAC that it does not expect.

## Example
```yaml
virtual_networks:
  blue:
    vms:
      D: {host: H1, vsid: 5001, mac: 02-00-00-00-01-0D, ca: 10.0.1.13, default_gateway: 10.0.1.11}
```

## Instead
Use the `.1` in the guest, and say in a customer route of the virtual network which VM leads
outside. To keep one VM inside, write an access control list.

## How sure
Documented: the destination address alone is looked up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.addresses import first_host
from hnvemu.lint.rule import Problem, Rule, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hnvemu.lint.subject import Subject


def check(subject: Subject) -> Iterator[Problem]:
    """Report every port whose gateway is none of the ``.1`` of its addresses' subnets."""
    for port in subject.policy.ports.values():
        gateway = port.default_gateway
        if gateway is None:
            continue
        routers = {
            router: None
            for ca in port.cas
            if ca.version == gateway.version
            for route in subject.subnets(port.vsid, ca)
            if (router := first_host(route.prefix)) is not None
        }
        if routers and gateway not in routers:
            right = next(iter(routers))
            yield Problem(
                message=f"the guest of '{port}' uses {gateway} as default gateway, and the .1 of"
                f" its subnet is {right}",
                origin=port.origin,
                help=f"use {right} in the guest; which VM leads outside is said by"
                " New-NetVirtualizationCustomerRoute, for the whole virtual network",
            )


RULE = Rule(
    code="HNV120",
    slug="guest-gateway-ignored",
    severity=Severity.WARNING,
    check=check,
    doc=__doc__,
)
