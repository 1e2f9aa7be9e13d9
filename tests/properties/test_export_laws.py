"""What is exported says what the policy says: reading it again gives the policy back."""

from __future__ import annotations

import re
from collections import Counter
from ipaddress import summarize_address_range
from typing import TYPE_CHECKING, Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st
from properties.strategies import datacenter_acls, documents, loaded

from hnvemu import load_policy
from hnvemu.addresses import MacAddress, address_of
from hnvemu.formats.export.csv import csv_tables
from hnvemu.formats.export.knowledge import knowledge_of
from hnvemu.formats.export.nc_json import nc_resources
from hnvemu.formats.export.powershell import powershell_script
from hnvemu.formats.export.yaml import yaml_text
from hnvemu.model.acl import Direction
from hnvemu.model.topology import Selector
from hnvemu.value import replace

if TYPE_CHECKING:
    from pathlib import Path

    from hnvemu import Policy
    from hnvemu.model.acl import Addresses, ExtendedAcl


@given(document=documents())
def test_yaml_says_the_whole_policy(document: dict[str, Any], tmp_path: Path) -> None:
    policy = loaded(document, tmp_path)
    file = tmp_path / "exported.yaml"

    file.write_text(yaml_text(policy), encoding="utf-8")

    assert load_policy(file) == policy


@given(document=documents())
def test_tables_say_what_hosts_and_adapters_have(document: dict[str, Any], tmp_path: Path) -> None:
    policy = loaded(sayable(document), tmp_path)
    assume(no_table_is_empty(policy))
    folder = tmp_path / "tables"
    folder.mkdir(exist_ok=True)
    for file in folder.iterdir():
        file.unlink()

    files = csv_tables(policy).files
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8", newline="")
    again = load_policy(folder)

    assert lost(again) == []
    assert told(again) == told(policy)
    assert tabled(again) == tabled(policy)
    assert rows(csv_tables(again).files) == rows(files)


@given(document=documents(), prune=st.booleans())
def test_a_script_says_the_policy_but_for_what_it_tells_that_it_does_not_say(
    document: dict[str, Any], tmp_path: Path, *, prune: bool
) -> None:
    policy = loaded(accepted(sayable(document, "firewall")), tmp_path)
    assume(no_table_is_empty(policy))
    file = tmp_path / "deploy.ps1"

    file.write_text(powershell_script(policy, prune=prune).text, encoding="ascii")
    again = load_policy(file)

    assert lost(again) == []
    assert again.profile is policy.profile
    assert told(again) == told(policy)
    assert listed(again) == listed(policy)
    assert shape(powershell_script(again, prune=prune).text) == shape(file.read_text())


@settings(max_examples=25)
@given(document=documents(), acls=datacenter_acls())
def test_resources_say_adapters_routes_and_access_lists(
    document: dict[str, Any], acls: list[dict[str, Any]], tmp_path: Path
) -> None:
    policy = loaded(deployable(document, acls), tmp_path)
    folder = tmp_path / "resources"
    folder.mkdir(exist_ok=True)
    for file in folder.iterdir():
        file.unlink()

    files = nc_resources(policy).files
    for name, text in files.items():
        (folder / name).write_text(text, encoding="ascii")
    again = load_policy(folder)

    assert deployed(again) == deployed(policy)
    assert [*nc_resources(again).files] == [*files]


def sayable(document: dict[str, Any], *also: str) -> dict[str, Any]:
    """Return a document without what the cmdlets do not show.

    In one virtual network the name of a VM is its own, so that an access list finds it. Each host
    has an adapter: one without any is taken for one whose adapters nobody named.
    """
    keys = ("hnv", "hosts", "host_views", "port_acls", "extended_acls", *also)
    network = document["virtual_networks"]["N0"]
    for at, host in enumerate(document["hosts"]):
        mac = f"02-00-00-00-09-{at:02X}"
        network["vms"][f"X{at}"] = {"host": host, "vsid": 5001, "mac": mac}
    said = {key: part for key, part in document.items() if key in keys}
    return said | {"profile": "ws2012r2", "virtual_networks": {"N0": network}}


def accepted(document: dict[str, Any]) -> dict[str, Any]:
    """Return a document without what no cmdlet sets, and what a host refuses."""
    for said in document["hosts"].values():
        for held in said["provider_addresses"]:
            held["state"] = "preferred"
    network = document["virtual_networks"]["N0"]
    network["customer_routes"] = [
        *{
            (route["prefix"], route["next_hop"], route["vsid"]): route
            for route in network["customer_routes"]
            if route["next_hop"] == "on-link"
            or (":" in route["next_hop"]) == (":" in route["prefix"])
        }.values()
    ]
    # No record has the key of another, and the unspecified address says what it is for.
    network["lookup_records"] = [
        record | {"unusable": False}
        for record in network["lookup_records"]
        if record["ca"] not in ("0.0.0.0", "::")
    ]
    for view in document.get("host_views", {}).values():
        view["restarted"] = "no"
    return document


def deployable(document: dict[str, Any], acls: list[dict[str, Any]]) -> dict[str, Any]:
    """Return a document of what Network Controller can say: subnets with IPv4 in order of VSIDs."""
    subnets = {5001: "10.0.1.0/24", 5002: "10.0.2.0/24", 5003: "10.1.2.0/24"}
    network = document["virtual_networks"]["N0"]
    user = [r for r in network["customer_routes"] if r["next_hop"] == "10.0.2.250"]
    routes = {r["prefix"]: r | {"vsid": 5002} for r in user if ":" not in r["prefix"]}
    vms = {
        name: {key: vm[key] for key in ("host", "mac", "mac_spoofing", "dhcp_guard")}
        | {"vsid": vsid, "ca": [ca]}
        for (name, vm), (vsid, ca) in zip(
            network["vms"].items(),
            ((v, p.replace("0/24", str(n))) for n in (10, 11) for v, p in subnets.items()),
            strict=False,
        )
    }
    own = [
        {"prefix": prefix, "next_hop": "on-link", "vsid": vsid} for vsid, prefix in subnets.items()
    ]
    return {
        "hnv": 1,
        "profile": "hnvv2",
        "hosts": {
            name: {"provider_addresses": [f"192.168.10.{20 - at}/24"]}
            for at, name in enumerate(document["hosts"])
        },
        "virtual_networks": {
            "N0": {"rdid": network["rdid"], "customer_routes": [*own, *routes.values()], "vms": vms}
        },
        "datacenter_acls": [
            acl | {"stateful": acl["action"] == "allow"}
            for acl in acls
            if all(named(acl[side]) for side in ("source", "destination"))
        ],
    }


def named(condition: str | list[str]) -> bool:
    """Whether a condition has addresses alone, and no keyword."""
    words = condition if isinstance(condition, list) else [condition]
    return all(word == "any" or word[0].isdigit() for word in words)


def deployed(policy: Policy) -> object:
    """Return what adapters, routes and lists say, whatever the names and metrics."""
    return (
        {
            name: [(held.address, held.prefix) for held in host.addresses]
            for name, host in policy.hosts.items()
        },
        {
            (port.name, port.host, port.vsid, port.mac, port.cas, port.mac_spoofing)
            for port in policy.ports.values()
        },
        {(route.rdid, route.prefix, route.next_hop, route.vsid) for route in policy.routes},
        {
            port: Counter(
                (
                    *(acl.action, acl.direction, acl.priority, acl.protocol, acl.stateful),
                    *(prefixes(acl.source), prefixes(acl.destination)),
                    *(acl.source_port, acl.destination_port),
                )
                for acl in policy.datacenter_acls
                if acl.vms.selects(port)
            )
            for port in policy.ports
        },
    )


def prefixes(condition: Addresses | None) -> tuple[str, ...] | None:
    """Return the prefixes of a condition's ranges."""
    if condition is None:
        return None
    return tuple(
        str(prefix)
        for version, first, last in condition.ranges
        for prefix in summarize_address_range(address_of(version, first), address_of(version, last))
    )


def no_table_is_empty(policy: Policy) -> bool:
    """Whether each host has something in both tables: no row is not the same as no table."""
    return all(
        knowledge_of(policy, host).records and knowledge_of(policy, host).routes
        for host in policy.hosts
    )


def lost(policy: Policy) -> list[str]:
    """Return what was lost, but for what routes alone can tell: the routing domain of a VSID."""
    messages = [loss.message for loss in policy.losses]
    return [each for each in messages if not each.startswith("no customer route carries VSID")]


def told(policy: Policy) -> dict[str, Any]:
    """Return what each host has and was told, whatever the names of virtual networks."""
    return {
        name: (
            set(knowledge_of(policy, name).addresses),
            set(host.routes),
            host.use_external_router,
            {replace(record, generated=False) for record in knowledge_of(policy, name).records},
            {replace(route, network="") for route in knowledge_of(policy, name).routes},
            Counter(
                (port.name.rpartition("/")[2], port.vsid, port.mac, port.mac_spoofing)
                for port in policy.ports.values()
                if port.host == name
            ),
        )
        for name, host in policy.hosts.items()
    }


def listed(policy: Policy) -> dict[str, Any]:
    """Return what each adapter and its access lists say, whatever the names of virtual networks.

    An extended ACL is as many entries as it has pairs of addresses and ports: so Windows has it.
    """
    return {
        name.rpartition("/")[2]: (
            *(port.host, port.dhcp_guard, port.router_guard, port.vlan, port.isolation_mode),
            port.dynamic_ip_limit,
            Counter(
                replace(acl, vms=Selector()) for acl in policy.port_acls if acl.vms.selects(name)
            ),
            Counter(
                entry
                for acl in policy.extended_acls
                if acl.vms.selects(name)
                for entry in single(acl)
            ),
            {
                replace(rule, vms=Selector())
                for rule in policy.firewall.rules
                if rule.vms.selects(name)
            },
            [
                replace(default, vms=Selector())
                for default in policy.firewall.defaults
                if default.vms.selects(name)
            ],
        )
        for name, port in policy.ports.items()
    }


def tabled(policy: Policy) -> dict[str, Any]:
    """Return what tables say of each adapter: an entry for each pair of conditions."""
    return {
        name.rpartition("/")[2]: (
            *(port.host, port.dhcp_guard, port.router_guard),
            {
                replace(acl, vms=Selector(), direction=direction, local=local, remote=remote)
                for acl in policy.port_acls
                if acl.vms.selects(name)
                for direction in (
                    (Direction.INBOUND, Direction.OUTBOUND)
                    if acl.direction is Direction.BOTH
                    else (acl.direction,)
                )
                for local in parts(acl.local)
                for remote in parts(acl.remote)
            },
            {
                entry
                for acl in policy.extended_acls
                if acl.vms.selects(name)
                for entry in single(acl)
            },
        )
        for name, port in policy.ports.items()
    }


def single(acl: ExtendedAcl) -> list[ExtendedAcl]:
    """Return the entries with one address and one port a side that an entry stands for."""
    return [
        replace(acl, vms=Selector(), local=local, remote=remote, local_port=own, remote_port=theirs)
        for local in parts(acl.local)
        for remote in parts(acl.remote)
        for own in parts(acl.local_port)
        for theirs in parts(acl.remote_port)
    ]


def parts(condition: Any) -> list[Any]:
    """Return the conditions with one range or keyword that a condition has."""
    if condition is None or isinstance(condition, MacAddress):
        return [condition]
    return [type(condition)((each,)) for each in condition.ranges] + [
        type(condition)((), (word,)) for word in condition.keywords
    ]


def shape(script: str) -> Counter[str]:
    """Return how often a script has each cmdlet."""
    return Counter(re.findall(r"\w+-[A-Z]\w+", script))


def rows(files: dict[str, str]) -> dict[str, set[str]]:
    """Return tables without the addresses of adapters, which their records tell as well."""
    return {
        name: set(text.splitlines())
        for name, text in files.items()
        if name != "VMNetworkAdapter.csv"
    }
