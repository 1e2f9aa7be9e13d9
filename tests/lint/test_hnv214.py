"""HNV201 and HNV214 where no host has a provider address."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu import load_policy
from hnvemu.lint.run import lint

if TYPE_CHECKING:
    from pathlib import Path

POLICY = """\
hnv: 1
hosts: {H1: {}}
virtual_networks:
  blue:
    rdid: "{aaaaaaaa-0000-0000-0000-000000000001}"
    customer_routes: [{prefix: 10.0.1.0/24, next_hop: on-link, vsid: 5001}]
    vms:
      A: {host: H1, vsid: 5001, mac: 02-00-00-00-01-0A, ca: 10.0.1.10}
      B: {host: H1, vsid: 5001, mac: 02-00-00-00-01-0B, ca: 10.0.1.11}
    lookup_records:
      - {ca: 10.0.1.10, vsid: 5001, mac: 02-00-00-00-01-0A, pa: 192.168.10.11}
      - {ca: 10.0.1.11, vsid: 5001, mac: 02-00-00-00-01-0B, pa: 192.168.10.11}
"""


def test_hosts_without_provider_address_are_the_only_finding(tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text(POLICY, encoding="utf-8")

    (finding,) = lint(load_policy(path))

    assert finding.code == "HNV214"
    assert finding.message == "host 'H1' has no provider address for 'blue/A' and 1 more"
