"""A multi-tenant gateway does not serve a virtual network that routes to it, or has a VSID twice.

## Why it matters
A multi-tenant adapter takes the packets of the VSIDs that it is mapped to. Packets of a virtual
network without a mapping reach the gateway's host, and its port does not take their VSID. A VSID
that stands for two mappings does not tell the gateway whose packet it has, and a host refuses the
second one.

## Example
```yaml
virtual_networks:
  blue:
    customer_routes:
      - {prefix: 10.0.2.0/24, next_hop: on-link, vsid: 5002}
      - {prefix: 0.0.0.0/0, next_hop: 10.0.2.2, vsid: 5002}
    generate_lookup_records: true
    lookup_records:
      - {ca: 10.0.2.2, vsid: 5002, mac: 02-00-00-00-00-FA, pa: 192.168.10.12}
      - {ca: 0.0.0.0, vsid: 5002, mac: 02-00-00-00-00-FA, pa: 192.168.10.12, type: gateway_wildcard}
  red:
    rdid: "{aaaaaaaa-0000-0000-0000-000000000002}"
    customer_routes:
      - {prefix: 10.0.2.0/24, next_hop: on-link, vsid: 6002}
      - {prefix: 0.0.0.0/0, next_hop: 10.0.2.2, vsid: 6002}
gateways:
  GW:
    host: H2
    mac: 02-00-00-00-00-FA
    routing_domains: [{virtual_network: red, vsid: 6002, ca: 10.0.2.2}]
```

## Instead
Map every routing domain that has a route to the gateway, each to a VSID of its own. A VSID that two
mappings take to different routing domains is HNV003.

## How sure
Documented: a mapping binds a routing domain to an isolation id that is unique on the port.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.analysis.cmdlets import quoted
from hnvemu.findings import Note
from hnvemu.lint.routing import Fault
from hnvemu.lint.rule import Problem, Rule, Severity
from hnvemu.trace.outcome import Reason

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hnvemu.addresses import MacAddress
    from hnvemu.lint.subject import Subject
    from hnvemu.model.topology import VmPort


def check(subject: Subject) -> Iterator[Problem]:
    """Report routes to an adapter that lacks their VSID, and VSIDs that an adapter has twice."""
    adapters: dict[MacAddress, VmPort] = {}
    seats: dict[tuple[str, int], VmPort] = {}
    networks = subject.policy.networks
    for port in subject.policy.ports.values():
        if not port.trunk:
            continue
        adapters.setdefault(port.mac, port)
        first = seats.setdefault((port.trunk, port.vsid), port)
        if first is not port and networks[first.network].rdid == networks[port.network].rdid:
            yield Problem(
                message=f"gateway '{port.trunk}' is mapped to VSID {port.vsid} twice, for"
                f" '{first.network}' and for '{port.network}'",
                origin=port.origin,
                related=(Note("the first mapping is here", first.origin),),
                help="Set-VMNetworkAdapterRoutingDomainMapping"
                f" -RoutingDomainID '{networks[port.network].rdid}' -IsolationID …",
            )
    told: set[tuple[str, int]] = set()
    for way in subject.ways:
        route, record = way.route, way.found
        if isinstance(record, Fault) or (route.vsid, record.mac) in subject.ports_of_mac:
            continue
        adapter = adapters.get(record.mac)
        if adapter is not None and (adapter.trunk, route.vsid) not in told:
            told.add((adapter.trunk, route.vsid))
            vm = adapter.trunk.partition(":")[0]
            yield Problem(
                message=f"{route.prefix} of '{route.network}' leads to gateway '{adapter.trunk}',"
                f" which is not mapped to VSID {route.vsid}",
                origin=route.origin,
                related=(Note(f"'{adapter.trunk}' is here", adapter.origin),),
                help=f"Add-VMNetworkAdapterRoutingDomainMapping -VMName {quoted(vm)}"
                f" -RoutingDomainID '{route.rdid}' -RoutingDomainName {quoted(route.network)}"
                f" -IsolationID {route.vsid}",
            )


RULE = Rule(
    code="HNV122",
    slug="gateway-mapping",
    severity=Severity.WARNING,
    check=check,
    doc=__doc__,
    effect=Reason.VSID_MISMATCH,
)
