"""A gateway VM is on the same host as a VM of its routing domain.

## Why it matters
The wildcard lets the gateway send from any address without a record in its own virtual subnet. A
host that receives such a packet checks the source again and finds an inside address to be another
VM's. On the gateway's own host nothing is received, so there it can pass for any VM of the other
subnets.

## Example
```yaml
virtual_networks:
  blue:
    customer_routes:
      - {prefix: 10.0.2.0/24, next_hop: on-link, vsid: 5002}
    vms:
      GW: {host: H2, vsid: 5002, mac: 02-00-00-00-02-FA, ca: 10.0.2.250, gateway: true}
```

## Instead
Put gateways on hosts of their own, as Microsoft's samples do, or guard the VMs beside them with
access control lists that drop inside addresses from the gateway.

## How sure
A decision of the model: no second check is documented for packets that stay on a host.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.findings import Note
from hnvemu.lint.rule import Problem, Rule, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hnvemu.lint.subject import Subject
    from hnvemu.model.topology import VmPort


def check(subject: Subject) -> Iterator[Problem]:
    """Report every port that a wildcard speaks for, with the first VM beside it."""
    view = subject.common
    for host, ports in subject.ports_of_host.items():
        gateways: list[VmPort] = []
        vms: dict[str, list[VmPort]] = {}
        for port in ports:
            wildcards = [w for version in (4, 6) for w in view.wildcards(port.vsid, version)]
            rdid = view.rd_of(port.vsid)
            if any(wildcard.mac == port.mac for wildcard in wildcards):
                gateways.append(port)
            elif rdid is not None:
                vms.setdefault(rdid, []).append(port)
        for gateway in gateways:
            beside = vms.get(view.rd_of(gateway.vsid) or "", ())
            vm = next((port for port in beside if _vm(port) != _vm(gateway)), None)
            if vm is not None:
                yield Problem(
                    message=f"gateway '{gateway}' is on host '{host}' with '{vm}' of its routing"
                    " domain, and can pass for any other VM there",
                    origin=gateway.origin,
                    related=(Note(f"'{vm}' is here", vm.origin),),
                    help="move the gateway to a host without VMs of the virtual network, and its"
                    " records with it: Set-NetVirtualizationLookupRecord -ProviderAddress",
                )


def _vm(port: VmPort) -> str:
    """Return the VM of a port: a gateway's other adapters are the gateway itself."""
    return port.name.partition(":")[0]


RULE = Rule(
    code="HNV123",
    slug="gateway-on-host-of-vms",
    severity=Severity.WARNING,
    check=check,
    doc=__doc__,
)
