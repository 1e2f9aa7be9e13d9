"""``hnvemu validate``: every error in one run."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cli.conftest import Ran

    Run = Callable[..., Ran]

BAD = """\
hnv: 1
hosts: {H1: {provider_addresses: 192.168.10.300/24}}
virtual_networks: {T: {rdid: t, vms: {A: {host: H2, vsid: 5001, mac: 02-00-00-00-01-0A}}}}
"""


def test_a_sound_policy_is_counted(hnvemu: Run, policy: Path) -> None:
    ran = hnvemu("validate", policy)

    assert (ran.code, ran.err) == (0, "")
    assert ran.out == (
        "ok: 2 hosts, 1 virtual network, 2 VMs, 1 customer route, 3 lookup records,"
        " 3 firewall rules\n"
    )


def test_every_error_is_shown_with_its_place(hnvemu: Run, tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text(BAD, encoding="utf-8")

    ran = hnvemu("validate", "bad.yaml")

    assert (ran.code, ran.err) == (2, "")
    assert "bad.yaml:2:" in ran.out
    assert "bad.yaml:3:" in ran.out
    assert ran.out.splitlines()[-1] == f"{ran.out.count(': error')} errors"


def test_json_has_the_findings(hnvemu: Run, tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text(BAD, encoding="utf-8")

    ran = hnvemu("validate", "bad.yaml", "--json")

    document = json.loads(ran.out)
    assert ran.code == 2
    assert document["schema"] == "hnvemu/validate/v1"
    assert document["summary"] == {"error": len(document["findings"])}
    assert document["policy"] is None
    assert {finding["origin"]["file"] for finding in document["findings"]} == {"bad.yaml"}
    assert all(finding["message"] for finding in document["findings"])


def test_json_of_a_sound_policy_has_its_digest(hnvemu: Run, policy: Path) -> None:
    document = json.loads(hnvemu("validate", policy, "-f", "json").out)

    assert len(document["policy_sha256"]) == 64
    assert document["findings"] == []
    assert document["policy"]["vms"] == 2


def test_several_files_are_one_policy(hnvemu: Run, policy: Path, tmp_path: Path) -> None:
    more = tmp_path / "more.yaml"
    more.write_text("hosts: {H3: {provider_addresses: 192.168.10.13/24}}\n", encoding="utf-8")

    assert hnvemu("validate", policy, more).out.startswith("ok: 3 hosts")
    assert hnvemu("validate", tmp_path).out.startswith("ok: 3 hosts")


def test_a_policy_comes_from_stdin(hnvemu: Run, policy: Path) -> None:
    assert hnvemu("validate", "-", stdin=policy.read_bytes()).code == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "Missing argument"),
        (["nowhere.yaml"], "'nowhere.yaml' cannot be read: there is no such file"),
        (["sample:nothing"], "there is no sample 'nothing'"),
        (["x", "--json", "-f", "text"], "contradict each other"),
    ],
)
def test_what_cannot_be_read_exits_2(hnvemu: Run, arguments: list[str], message: str) -> None:
    ran = hnvemu("validate", *arguments)

    assert ran.code == 2
    assert message in ran.out + ran.err
    assert "Traceback" not in ran.err
