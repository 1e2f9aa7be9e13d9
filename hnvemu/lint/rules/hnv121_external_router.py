"""A host hands packets between subnets to an external router, and routes say HNV forwards them.

## Why it matters
With UseExternalRouter the host leaves every packet that changes the virtual subnet to a router
outside. The on-link routes of the other subnets are then not used, and packets are lost if no such
router exists.

## Example
```yaml
hosts:
  H1: {use_external_router: true}
virtual_networks:
  blue:
    customer_routes:
      - {prefix: 10.0.2.0/24, next_hop: on-link, vsid: 5002}
    vms:
      D: {host: H2, vsid: 5002, mac: 02-00-00-00-02-0D, ca: 10.0.2.13}
```

## Instead
Turn the switch off, unless all hosts have it on and an external router serves the virtual network.

## How sure
Documented; what the external router then does is not part of a policy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.findings import Note
from hnvemu.lint.rule import Problem, Rule, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hnvemu.lint.subject import Subject
    from hnvemu.model.records import CustomerRoute
    from hnvemu.model.topology import VmPort


def check(subject: Subject) -> Iterator[Problem]:
    """Report every such host, with the first of its VMs that it is about."""
    for host in subject.policy.hosts.values():
        if not host.use_external_router:
            continue
        first = {port.vsid: port for port in reversed(subject.ports_of_host.get(host.name, []))}
        for port in reversed(first.values()):
            route = _way_out(subject, port)
            if route is not None:
                yield Problem(
                    message=f"host '{host.name}' hands packets of '{port}' to an external router,"
                    f" and {route.prefix} in VSID {route.vsid} is a route of HNV",
                    origin=host.origin,
                    related=(
                        Note(f"'{port}' in VSID {port.vsid} is here", port.origin),
                        Note(f"{route.prefix} is here", route.origin),
                    ),
                    help="Set-NetVirtualizationGlobal -UseExternalRouter $false",
                )
                break


def _way_out(subject: Subject, port: VmPort) -> CustomerRoute | None:
    """Return the first route of a port's domain into another virtual subnet."""
    domain = subject.domains.get(subject.common.rd_of(port.vsid) or "")
    if domain is None:
        return None
    return next((route for route in domain.routes if route.vsid != port.vsid), None)


RULE = Rule(
    code="HNV121",
    slug="external-router",
    severity=Severity.WARNING,
    check=check,
    doc=__doc__,
)
