"""What is exported says what the policy says: reading it again gives the policy back."""

from __future__ import annotations

from collections import Counter
from ipaddress import summarize_address_range
from typing import TYPE_CHECKING, Any

from hypothesis import assume, given, settings
from properties.strategies import datacenter_acls, documents, loaded

from hnvemu import load_policy
from hnvemu.addresses import address_of
from hnvemu.formats.export.csv import csv_tables
from hnvemu.formats.export.knowledge import knowledge_of
from hnvemu.formats.export.nc_json import nc_resources
from hnvemu.formats.export.powershell import powershell_script
from hnvemu.formats.export.yaml import yaml_text
from hnvemu.value import replace

if TYPE_CHECKING:
    from pathlib import Path

    from hnvemu import Policy
    from hnvemu.model.acl import Addresses


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

    assert again.losses == ()
    assert told(again) == told(policy)
    assert rows(csv_tables(again).files) == rows(files)


@given(document=documents())
def test_a_script_says_what_it_tells_to_hosts_and_guests(
    document: dict[str, Any], tmp_path: Path
) -> None:
    policy = loaded(accepted(sayable(document, "firewall")), tmp_path)
    assume(no_table_is_empty(policy))
    file = tmp_path / "deploy.ps1"

    text = powershell_script(policy).text
    file.write_text(text, encoding="ascii")
    again = load_policy(file)

    assert again.losses == ()
    assert told(again) == told(policy)
    assert commands(powershell_script(again).text) == commands(text)


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


def commands(script: str) -> set[str]:
    """Return the commands of a script."""
    return {line for line in script.splitlines() if line.startswith("    ")}


def rows(files: dict[str, str]) -> dict[str, set[str]]:
    """Return tables without the addresses of adapters, which their records tell as well."""
    return {
        name: set(text.splitlines())
        for name, text in files.items()
        if name != "VMNetworkAdapter.csv"
    }
