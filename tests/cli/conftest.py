"""Runs the command line in this process, with streams and environment of its own."""

from __future__ import annotations

import io
import os
import sys
from typing import TYPE_CHECKING, NamedTuple

import pytest

from hnvemu.cli.app import main

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

POLICY = """
hnv: 1
hosts:
  H1: {provider_addresses: 192.168.10.11/24}
  H2: {provider_addresses: 192.168.10.12/24}
virtual_networks:
  T:
    rdid: "{aaaaaaaa-0000-0000-0000-000000000001}"
    customer_routes:
      - {prefix: 10.0.1.0/24, next_hop: on-link, vsid: 5001}
    vms:
      A: {host: H1, vsid: 5001, mac: 02-00-00-00-01-0A, ca: 10.0.1.10}
      B:
        host: H2
        vsid: 5001
        mac: 02-00-00-00-01-0B
        ca: 10.0.1.11
        dhcp_guard: true
firewall:
  rules:
    - {name: no-telnet, vms: [B], action: block, protocol: tcp, local_port: 23}
    - name: odd
      vms: [B]
      action: block
      protocol: udp
      local_port: 9
      program: "C:/odd.exe"
    - {name: nothing-back, vms: [B], direction: outbound, action: block, protocol: udp}
"""


class Ran(NamedTuple):
    """What a command left behind."""

    code: int
    out: str
    err: str
    octets: bytes


class Terminal(io.TextIOWrapper):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def hnvemu(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Ran]:
    """Run ``hnvemu`` with some arguments, in an empty folder."""
    for name in ("HNVEMU_POLICY", "HNVEMU_SIZE_LIMIT", "HNVEMU_DEBUG", "NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.chdir(tmp_path)

    def run(
        *arguments: str | os.PathLike[str],
        stdin: bytes = b"",
        terminal: bool = False,
        encoding: str = "utf-8",
    ) -> Ran:
        kind = Terminal if terminal else io.TextIOWrapper
        out, err = io.BytesIO(), io.BytesIO()
        with monkeypatch.context() as patch:
            stdout = kind(out, encoding=encoding, errors="replace", newline="\n")
            stderr = io.TextIOWrapper(err, encoding="utf-8", newline="\n")
            patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8"))
            patch.setattr(sys, "stdout", stdout)
            patch.setattr(sys, "stderr", stderr)
            code = main([os.fspath(argument) for argument in arguments])
        text = out.getvalue().decode(encoding, "replace")
        return Ran(code, text, err.getvalue().decode(), out.getvalue())

    return run


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    """Write a policy with two VMs and a firewall."""
    file = tmp_path / "policy.yaml"
    file.write_text(POLICY, encoding="utf-8")
    return file
