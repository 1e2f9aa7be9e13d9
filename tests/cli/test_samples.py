"""``hnvemu samples``: the policies that come with hnvemu."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hnvemu.reader import mistakes, samples

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cli.conftest import Ran

    Run = Callable[..., Ran]


def test_the_list_says_what_each_sample_shows(hnvemu: Run) -> None:
    ran = hnvemu("samples")

    names = [line.split()[0] for line in ran.out.splitlines() if not line.startswith(" ")]
    assert (ran.code, ran.err) == (0, "")
    assert names == ["POLICY", *(f"sample:{name}" for name in samples())]
    assert "The smallest network worth tracing: one subnet, two hosts, three VMs." in ran.out


def test_policies_with_a_mistake_have_a_list_of_their_own(hnvemu: Run) -> None:
    ran = hnvemu("samples", "bad")

    names = [line.split()[0] for line in ran.out.splitlines() if not line.startswith(" ")]
    assert names == ["POLICY", *(f"sample:{name}" for name in mistakes())]
    assert "The gateway has a route and a record" in ran.out


def test_a_policy_with_a_mistake_is_printed_as_it_is(hnvemu: Run) -> None:
    ran = hnvemu("samples", "bad/wildcard-missing")

    assert ran.out == mistakes()["bad/wildcard-missing"].read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["two-tenants", "sample:two-tenants"])
def test_a_sample_is_printed_as_it_is(hnvemu: Run, name: str) -> None:
    ran = hnvemu("samples", name)

    assert ran.out == samples()["two-tenants"].read_text(encoding="utf-8")


def test_a_sample_becomes_the_policy_of_a_folder(hnvemu: Run, tmp_path: Path) -> None:
    hnvemu("samples", "starter", "-o", "hnv.yaml")

    assert (tmp_path / "hnv.yaml").read_bytes() == samples()["starter"].read_bytes()
    assert hnvemu("trace", "A", "B").err == ""


@pytest.mark.parametrize(
    ("name", "help_"),
    [
        ("startr", "did you mean 'starter'?"),
        ("bad/wildcard-missin", "did you mean 'bad/wildcard-missing'?"),
        ("nothing-like-it", "the samples are access-control, complex-"),
    ],
)
def test_an_unknown_sample_exits_2(hnvemu: Run, name: str, help_: str) -> None:
    ran = hnvemu("samples", name)

    assert (ran.code, ran.out) == (2, "")
    assert f"error: there is no sample '{name}'" in ran.err
    assert help_ in ran.err
