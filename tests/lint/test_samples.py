"""What lint finds in the policies that come with hnvemu: what they mean to show, and no more."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from hnvemu import load_policy
from hnvemu.lint.run import lint

POLICIES = Path(__file__).parents[2] / "policies"

SAMPLES = {
    "access-control": ["HNV412"],
    "complex-routing": [],
    "gateway-demo": [],
    "gateway-in-subnet": ["HNV110", "HNV017"],
    "learning": ["HNV123", "HNV020", "HNV016"],
    "multi-tenant-gateway": [],
    "stale-host-views": ["HNV207", "HNV208"],
    "starter": [],
    "two-tenants": [],
}
GALLERY = {
    "block-any-with-exceptions": ["HNV402"],
    "cloned-mac": ["HNV008"],
    "deny-in-without-state": ["HNV411"],
    "gateway-among-vms": ["HNV110", "HNV017"],
    "host-without-policy": ["HNV207"],
    "ipv6-default-forgotten": ["HNV119"],
    "linux-at-1500": ["HNV211"],
    "nat-left-over": ["HNV018"],
    "next-hop-without-record": ["HNV106"],
    "on-link-route-forgotten": ["HNV101"],
    "one-vsid-for-two-tenants": ["HNV003"],
    "pa-in-another-vlan": ["HNV206"],
    "pa-without-route": ["HNV205", "HNV205"],
    "port-in-old-vsid": ["HNV301"],
    "reserved-vsid": ["HNV001", "HNV001", "HNV001", "HNV001"],
    "stale-after-migration": ["HNV203"],
    "vm-at-dot-one": ["HNV013"],
    "wildcard-missing": ["HNV111"],
    "wildcard-of-old-gateway": ["HNV112"],
}


def codes(path: Path) -> list[str]:
    """Return the codes of all findings in a policy, in their order."""
    return [finding.code for finding in lint(load_policy(path))]


def test_every_sample_is_expected_to_show_something_or_nothing() -> None:
    assert sorted(SAMPLES) == sorted(path.stem for path in POLICIES.glob("*.yaml"))
    assert sorted(GALLERY) == sorted(path.stem for path in POLICIES.glob("bad/*.yaml"))


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_no_rule_fires_on_a_sample_that_does_not_mean_it(name: str) -> None:
    assert codes(POLICIES / f"{name}.yaml") == SAMPLES[name]


@pytest.mark.parametrize("name", sorted(GALLERY))
def test_a_mistake_is_found_and_nothing_else(name: str) -> None:
    assert codes(POLICIES / "bad" / f"{name}.yaml") == GALLERY[name]


def test_the_gallery_of_the_documents_has_every_mistake_and_its_rules() -> None:
    text = (POLICIES.parent / "docs" / "gallery.md").read_text(encoding="utf-8")
    rows = re.findall(
        r"^\| \[(.*?)\]\(\.\./policies/bad/\1\.yaml\) .*\| (.*) \|$", text, re.MULTILINE
    )

    told = {name: re.findall(r"\[(HNV\d{3})\]\(lint/\1\.md\)", codes) for name, codes in rows}
    assert told == {name: [*dict.fromkeys(codes)] for name, codes in GALLERY.items()}
