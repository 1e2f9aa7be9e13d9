"""A small network for rules about access control lists, and what one of them finds in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.lint.catalogue import RULES
from hnvemu.lint.run import lint
from hnvemu.reader.policy import read_policy
from hnvemu.reader.report import Report
from hnvemu.reader.source import Source

if TYPE_CHECKING:
    from hnvemu.lint.run import Diagnostic
    from hnvemu.model.policy import Profile

NETWORK = """\
hnv: 1
hosts:
  H1: {provider_addresses: 192.168.10.11/24}
  H2: {provider_addresses: 192.168.10.12/24}
  H3: {provider_addresses: 192.168.10.13/24}
virtual_networks:
  T:
    rdid: "{aaaaaaaa-0000-0000-0000-000000000001}"
    customer_routes:
      - {prefix: 10.0.1.0/24, next_hop: on-link, vsid: 5001}
      - {prefix: 10.0.2.0/24, next_hop: on-link, vsid: 5002}
      - {prefix: 0.0.0.0/0, next_hop: 10.0.2.250, vsid: 5002}
    vms:
      A: {host: H1, vsid: 5001, mac: 02-00-00-00-01-0A, ca: 10.0.1.10}
      B: {host: H2, vsid: 5001, mac: 02-00-00-00-01-0B, ca: 10.0.1.11}
      GW: {host: H3, vsid: 5002, mac: 02-00-00-00-03-FA, ca: 10.0.2.250, gateway: true}
"""


def found(code: str, text: str, profile: Profile | None = None) -> list[Diagnostic]:
    """Return what a rule finds in the network, with more keys of a policy."""
    data = (NETWORK + text).encode()
    policy = read_policy([Source("p.yaml", data, data, is_text=True)], Report())
    rules = [rule for rule in RULES if rule.code == code]
    return lint(policy, profile=profile, rules=rules)


def messages(code: str, text: str, profile: Profile | None = None) -> list[str]:
    """Return the messages of what a rule finds."""
    return [diagnostic.message for diagnostic in found(code, text, profile)]
