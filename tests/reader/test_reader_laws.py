"""No text makes the reader fail in another way than its own, and none is read differently twice."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hnvemu.errors import PolicyError
from hnvemu.reader import load_policy

SAMPLE = (Path(__file__).parents[2] / "policies" / "complex-routing.yaml").read_bytes()
START = SAMPLE.index(b"hnv: 1")
SMALL = SAMPLE[START:]
BAD = sorted((Path(__file__).parent / "bad").glob("*.yaml"))
SCRAPS = (
    b"", b"\t", b"\n", b"  ", b": ", b"- ", b"{", b"}", b"[", b"]", b"'", b'"', b"&a ", b"*a",
    b"!t ", b"---\n", b"...\n", b"? ", b"| ", b"> ", b"%", b"@", b"#",
    b"\xff", b"\x00", b"\xef\xbb\xbf", b"\xe2\x80\xa8",
    b"null", b"~", b"<<: ", b"\r", b"0x10", b"\\", b"T/A", b"99999999999999999999999",
    b"vms: ", b"adapters: {}",
)  # fmt: skip


def outcome(octets: bytes) -> object:
    """Return the policy, or the text of the error; anything else that is raised fails the test."""
    try:
        return load_policy("-", stdin=io.BytesIO(octets))
    except PolicyError as error:
        return str(error)


@given(st.binary(max_size=200))
def test_octets_are_read_or_refused(octets: bytes) -> None:
    outcome(octets)


@given(st.text(alphabet="ahnv:1 -[]{}\n\t\"'&*!#|>%@,?~\\/0x.", max_size=120))
def test_signs_of_yaml_are_read_or_refused(text: str) -> None:
    outcome(b"hnv: 1\n" + text.encode())


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_mutated_sample_is_read_or_refused_and_twice_alike(data: st.DataObject) -> None:
    octets = SMALL
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(octets)))
        cut = data.draw(st.integers(0, 12))
        octets = octets[:at] + data.draw(st.sampled_from(SCRAPS)) + octets[at + cut :]

    assert outcome(octets) == outcome(octets)


@given(st.data())
@settings(max_examples=100, deadline=None)
def test_lines_in_any_order_are_read_or_refused(data: st.DataObject) -> None:
    lines = SMALL.splitlines(keepends=True)
    some = data.draw(st.lists(st.sampled_from(lines), max_size=30))

    outcome(b"".join(some))


@given(st.permutations(["hosts: {H1: {}}", "services: {a: 47}", "host_views: {H1: {}}"]))
def test_order_of_keys_does_not_matter(keys: list[str]) -> None:
    text = "\n".join(["hnv: 1", *keys])

    assert outcome(text.encode()) == outcome(
        b"hnv: 1\nhosts: {H1: {}}\nservices: {a: 47}\nhost_views: {H1: {}}"
    )


def test_deep_nesting_ends_early() -> None:
    said = outcome(b"hnv: 1\nintents: " + b"[" * 200_000)

    assert "the nesting is deeper than 40 levels" in str(said)


def test_block_style_and_carriage_returns_do_not_matter() -> None:
    assert outcome(SMALL) == outcome(SMALL.replace(b"\n", b"\r\n"))


@pytest.mark.parametrize("case", BAD, ids=lambda case: case.stem)
def test_bad_policy_is_as_bad_in_json_like_white_space(case: Path) -> None:
    """Comments and blank lines in front move places and nothing else."""
    octets = case.read_bytes()

    plain, moved = outcome(octets), outcome(b"# a comment\n\n" + octets)

    assert isinstance(plain, str)
    assert isinstance(moved, str)
    assert plain.count("error") == moved.count("error")
