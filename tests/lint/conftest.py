"""What one rule finds in a small policy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import pytest

from hnvemu import load_policy
from hnvemu.lint.catalogue import RULES
from hnvemu.lint.run import lint

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from hnvemu.lint.run import Diagnostic
    from hnvemu.model.policy import Profile

_POLICY = """\
hnv: 1
hosts:
  H1: {provider_addresses: 192.168.10.11/24}
  H2: {provider_addresses: [192.168.10.12/24, "2001:db8:ff::12/64"]}
%svirtual_networks:
  blue:
    rdid: "{aaaaaaaa-0000-0000-0000-000000000001}"
    generate_lookup_records: true
"""


class Found(Protocol):
    """Lint a network named blue on two hosts with a single rule."""

    def __call__(
        self,
        code: str,
        *,
        routes: Sequence[str] = ("10.0.1.0/24 on-link 5001",),
        vms: Sequence[str] = (),
        records: Sequence[str] = (),
        hosts: str = "",
        more: str = "",
        profile: Profile | None = None,
    ) -> list[Diagnostic]:
        """Return what the rule finds.

        Routes are ``prefix next-hop vsid``, VMs and records the inside of a mapping. ``hosts`` and
        ``more`` are lines behind the hosts and behind the network.
        """


@pytest.fixture
def found(tmp_path: Path) -> Found:
    def find(
        code: str,
        *,
        routes: Sequence[str] = ("10.0.1.0/24 on-link 5001",),
        vms: Sequence[str] = (),
        records: Sequence[str] = (),
        hosts: str = "",
        more: str = "",
        profile: Profile | None = None,
    ) -> list[Diagnostic]:
        lines = [_POLICY % hosts, "    customer_routes:"]
        for route in routes:
            prefix, next_hop, vsid = route.split()
            lines.append(f'      - {{prefix: "{prefix}", next_hop: "{next_hop}", vsid: {vsid}}}')
        if vms:
            lines += ["    vms:", *(f"      V{at}: {{{vm}}}" for at, vm in enumerate(vms))]
        if records:
            lines += ["    lookup_records:", *(f"      - {{{record}}}" for record in records)]
        path = tmp_path / "policy.yaml"
        path.write_text("\n".join([*lines, more, ""]), encoding="utf-8")
        rules = [rule for rule in RULES if rule.code == code]
        assert rules
        return lint(load_policy(path), profile=profile, rules=rules)

    return find
