"""A lookup record is for an address that no VM can have.

## Why it matters
Such are the network and the broadcast address of a subnet, loopback, link-local IPv4 addresses, and
groups. A host refuses the record as one of an invalid type of address, and the guest could not use
the address anyway.

## Example
```yaml
virtual_networks:
  blue:
    vms:
      D: {host: H1, vsid: 5001, mac: 02-00-00-00-01-0D, ca: 10.0.1.255}
```

## Instead
Use an address between the two ends of the prefix. A group or broadcast address is right in a record
whose provider address is a multicast group: that record says where copies go. The `.1` of a subnet
is HNV013, and 0.0.0.0 is HNV015.

## How sure
Documented: the driver reports an invalid IP address type. That the ends of a prefix count among
these is inferred; a /31 and a /32 have none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.lint.cmdlets import removing
from hnvemu.lint.rule import Problem, Rule, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hnvemu.addresses import IPAddress
    from hnvemu.lint.subject import Subject

_LIMITED_BROADCAST = 0xFFFF_FFFF


def special(ca: IPAddress) -> str | None:
    """Say what an address is that no VM can have in any subnet; groups aside."""
    if ca.is_loopback:
        return "a loopback address"
    if ca.version == 4 and ca.is_link_local:
        return "a link-local address, which a guest gives itself"
    if ca.version == 4 and int(ca) == _LIMITED_BROADCAST:
        return "the limited broadcast address"
    return None


def check(subject: Subject) -> Iterator[Problem]:
    """Report every such record; a generated one is found at its VM."""
    for record in subject.records:
        if not record.names_a_host or record.pa.is_multicast:
            continue
        kind = special(record.ca) or _in_subnet(subject, record.vsid, record.ca)
        if kind is not None:
            yield Problem(
                message=f"{record.ca} in VSID {record.vsid} is {kind}",
                origin=record.origin,
                help="give the VM an address of its subnet"
                if record.generated
                else f"give the VM an address of its subnet, and remove this: {removing(record)}",
            )


def _in_subnet(subject: Subject, vsid: int, ca: IPAddress) -> str | None:
    if ca.is_multicast:
        return "a group, and its provider address is not"
    route = next(subject.subnets(vsid, ca), None)
    # An IPv6 subnet has no broadcast address, and a /31 neither end to spare (RFC 3021).
    if route is None or ca.version == 6 or route.prefix.prefixlen > 30:
        return None
    if ca == route.prefix.network_address:
        return f"the address of the network {route.prefix} itself"
    if ca == route.prefix.broadcast_address:
        return f"the broadcast address of {route.prefix}"
    return None


RULE = Rule(
    code="HNV012",
    slug="ca-of-no-vm",
    severity=Severity.ERROR,
    check=check,
    doc=__doc__,
)
