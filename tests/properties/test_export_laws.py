"""What is exported says what the policy says: reading it again gives the policy back."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from hypothesis import assume, given
from properties.strategies import documents, loaded

from hnvemu import load_policy
from hnvemu.formats.export.csv import csv_tables
from hnvemu.formats.export.knowledge import knowledge_of
from hnvemu.formats.export.yaml import yaml_text
from hnvemu.value import replace

if TYPE_CHECKING:
    from pathlib import Path

    from hnvemu import Policy


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


def sayable(document: dict[str, Any]) -> dict[str, Any]:
    """Return a document without what the cmdlets do not show.

    In one virtual network the name of a VM is its own, so that an access list finds it.
    """
    said = {key: part for key, part in document.items() if key not in ("firewall", "gateways")}
    said.pop("datacenter_acls", None)
    return said | {
        "profile": "ws2012r2",
        "virtual_networks": {"N0": document["virtual_networks"]["N0"]},
    }


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


def rows(files: dict[str, str]) -> dict[str, set[str]]:
    """Return tables without the addresses of adapters, which their records tell as well."""
    return {
        name: set(text.splitlines())
        for name, text in files.items()
        if name != "VMNetworkAdapter.csv"
    }
