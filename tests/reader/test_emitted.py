"""What a policy says can be written down and read again."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import pytest

from hnvemu import replace
from hnvemu.reader import load_policy, samples

if TYPE_CHECKING:
    from hnvemu.model.policy import Policy
    from hnvemu.model.records import LookupRecord
    from hnvemu.model.topology import VmPort


def emit_record(record: LookupRecord) -> dict[str, Any]:
    fields = ("ca", "vsid", "mac", "pa", "type", "rule", "vm", "customer_id", "context")
    flags = ("use_vm_mac", "unusable", "unsynchronized")
    return {
        **{field: str(getattr(record, field)) for field in fields},
        **{field: getattr(record, field) for field in flags},
    }


def emit_port(port: VmPort) -> dict[str, Any]:
    return {
        "host": port.host,
        "vsid": port.vsid,
        "mac": str(port.mac),
        "ca": [str(ca) for ca in port.cas],
        "gateway": port.gateway,
        **({} if port.default_gateway is None else {"default_gateway": str(port.default_gateway)}),
        **{key: getattr(port, key) for key in ("mac_spoofing", "dhcp_guard", "router_guard")},
        **({} if port.dynamic_ip_limit is None else {"dynamic_ip_limit": port.dynamic_ip_limit}),
        "vlan": port.vlan,
        "guest": port.guest,
    }


def emit_gateway(seats: list[VmPort]) -> dict[str, Any]:
    """Write the ports of a multi-tenant gateway as the adapter that they are parts of."""
    keys = emit_port(seats[0])
    del keys["vsid"], keys["ca"]
    keys["routing_domains"] = [
        {"virtual_network": seat.network, "vsid": seat.vsid, "ca": [str(ca) for ca in seat.cas]}
        for seat in seats
    ]
    return keys


def emit(policy: Policy) -> str:
    """Write hosts, virtual networks, VMs, routes and records as JSON, all records by hand."""
    vsids = {route.vsid: route.network for route in policy.routes}
    return json.dumps(
        {
            "hnv": 1,
            "name": policy.name,
            "description": policy.description,
            "profile": policy.profile,
            "hosts": {
                host.name: {
                    "provider_addresses": [
                        {
                            "address": f"{held.address}/{held.prefix.prefixlen}",
                            "mac": str(held.mac),
                            "vlan": held.vlan,
                            "state": held.state,
                        }
                        for held in host.addresses
                    ],
                    "provider_routes": [
                        {
                            "prefix": str(route.prefix),
                            "next_hop": str(route.next_hop or "on-link"),
                            "metric": route.metric,
                        }
                        for route in host.routes
                    ],
                    "provider_mtu": host.mtu,
                    "use_external_router": host.use_external_router,
                }
                for host in policy.hosts.values()
            },
            "virtual_networks": {
                network.name: {
                    "rdid": network.rdid,
                    "customer_routes": [
                        {
                            "prefix": route.written or str(route.prefix),
                            "next_hop": str(route.next_hop or "on-link"),
                            "vsid": route.vsid,
                            "metric": route.metric,
                        }
                        for route in policy.routes
                        if route.network == network.name
                    ],
                    "vms": {
                        port.name.removeprefix(f"{network.name}/"): emit_port(port)
                        for port in policy.ports.values()
                        if port.network == network.name and not port.trunk
                    },
                    "lookup_records": [
                        emit_record(record)
                        for record in policy.records
                        if vsids[record.vsid] == network.name
                    ],
                }
                for network in policy.networks.values()
            },
            "gateways": {
                trunk: emit_gateway([port for port in policy.ports.values() if port.trunk == trunk])
                for trunk in dict.fromkeys(port.trunk for port in policy.ports.values())
                if trunk
            },
        }
    )


@pytest.mark.parametrize("name", sorted(samples()))
def test_emitted_policy_is_read_as_the_same(name: str) -> None:
    policy = load_policy(f"sample:{name}")

    again = load_policy("-", stdin=io.BytesIO(emit(policy).encode()))

    assert again.hosts == policy.hosts
    assert again.ports == policy.ports
    assert again.routes == policy.routes
    assert [record.generated for record in again.records] == [False] * len(policy.records)
    assert set(again.records) == {replace(record, generated=False) for record in policy.records}
