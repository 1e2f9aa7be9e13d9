"""Policies from text, and a network to vary."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest

from hnvemu.reader import load_policy

if TYPE_CHECKING:
    from collections.abc import Callable

    from hnvemu.model.policy import Policy

NETWORK = """\
hnv: 1
hosts:
  H1: {provider_addresses: [192.168.10.11/24]}
  H2: {provider_addresses: [192.168.10.12/24, "fd00::12/64"]}
virtual_networks:
  T:
    rdid: AAAAAAAA-0000-0000-0000-000000000001
    customer_routes:
      - {prefix: 10.0.1.0/24, next_hop: on-link, vsid: 5001}
      - {prefix: 0.0.0.0/0, next_hop: 10.0.2.250, vsid: 5002}
    vms:
      A: {host: H1, vsid: 5001, mac: 02-00-00-00-01-0A, ca: 10.0.1.10}
      B: {host: H2, vsid: 5001, mac: 02-00-00-00-01-0B, ca: [10.0.1.11, "2001:db8:1::b"]}
"""


def read_text(text: str) -> Policy:
    """Read a policy from a text, as from standard input."""
    return load_policy("-", stdin=io.BytesIO(text.encode("utf-8", "surrogatepass")))


@pytest.fixture
def read() -> Callable[[str], Policy]:
    return read_text


@pytest.fixture
def network() -> str:
    """A policy with two hosts and two VMs; more of it may be written behind it."""
    return NETWORK
