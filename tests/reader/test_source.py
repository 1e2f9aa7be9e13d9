"""Where policies come from, and what is no text."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest

from hnvemu.errors import PolicyError, QuestionError
from hnvemu.reader import load_policy, mistakes, samples

if TYPE_CHECKING:
    from pathlib import Path

    from hnvemu.findings import Finding


def refusal(octets: bytes) -> Finding:
    with pytest.raises(PolicyError) as caught:
        load_policy("-", stdin=io.BytesIO(octets))
    (finding,) = caught.value.findings
    return finding


def test_folder_is_read_by_name(tmp_path: Path) -> None:
    (tmp_path / "b.yml").write_text("services: {b: tcp/2}")
    (tmp_path / "a.yaml").write_text("hnv: 1\nservices: {a: tcp/1}")
    (tmp_path / "c.json").write_text('{"services": {"c": "tcp/3"}}')
    (tmp_path / "notes.md").write_text("services: [")
    (tmp_path / ".hidden.yaml").write_text("services: [")
    (tmp_path / "folder.yaml").mkdir()

    policy = load_policy(tmp_path)

    assert list(policy.services) == ["a", "b", "c"]


def test_files_are_joined_in_the_order_they_are_given(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("hnv: 1\nfirewall: {rules: [{name: a}]}")
    (tmp_path / "b.yaml").write_text("hnv: 1\nfirewall: {rules: [{name: b}]}")

    policy = load_policy(tmp_path / "b.yaml", str(tmp_path / "a.yaml"))

    assert [rule.name for rule in policy.firewall.rules] == ["b", "a"]


def test_digest_is_that_of_the_octets(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(b"\xef\xbb\xbfhnv: 1\n")

    policy = load_policy(tmp_path)

    # printf '\xef\xbb\xbfhnv: 1\n' | sha256sum
    assert policy.sha256 == "d0c1c6d3dfb8bb8934ec1d9233caa8355b6bbff05f926487450801e69c494268"


def test_origins_name_the_file_as_it_was_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.yaml").write_text("hnv: 1\nhosts: {H1: {}}")
    monkeypatch.chdir(tmp_path)

    assert str(load_policy("./in/").hosts["H1"].origin) == "./in/a.yaml:2:9"
    assert str(load_policy("in/a.yaml").hosts["H1"].origin) == "in/a.yaml:2:9"


def test_standard_input_is_named_stdin() -> None:
    policy = load_policy("-", stdin=io.BytesIO(b"hnv: 1\nhosts: {H1: {}}"))

    assert str(policy.hosts["H1"].origin) == "stdin:2:9"


def test_sample_is_found_by_its_name() -> None:
    policy = load_policy("sample:complex-routing")

    assert policy.name == "complex-routing"
    assert policy.hosts["H1"].origin.file == "complex-routing.yaml"


def test_samples_are_files_by_name() -> None:
    found = samples()

    assert "complex-routing" in found
    assert all(path.is_file() for path in found.values())


def test_samples_with_a_mistake_have_names_of_their_own() -> None:
    policy = load_policy("sample:bad/wildcard-missing")

    assert policy.hosts["H1"].origin.file == "wildcard-missing.yaml"
    assert {name.partition("/")[0] for name in mistakes()} == {"bad"}
    assert not mistakes().keys() & samples().keys()


def test_unknown_sample_is_a_bad_question() -> None:
    with pytest.raises(QuestionError) as caught:
        load_policy("sample:complex-routin")

    assert caught.value.message == "there is no sample 'complex-routin'"
    assert caught.value.help == "did you mean 'complex-routing'?"


def test_no_path_is_a_bad_question() -> None:
    with pytest.raises(QuestionError, match="no policy is given"):
        load_policy()


def test_each_file_that_cannot_be_read_is_reported(tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("hnv: 2")
    (tmp_path / "empty").mkdir()

    with pytest.raises(PolicyError) as caught:
        load_policy(tmp_path / "none.yaml", tmp_path / "bad.yaml", tmp_path / "empty", "a\0b")

    messages = [finding.message for finding in caught.value.findings]
    assert [message.replace(str(tmp_path), "") for message in messages] == [
        "this hnvemu reads format 1, not '2'",
        "'/none.yaml' cannot be read: there is no such file",
        "the folder '/empty' holds no policy",
        "'a\N{REPLACEMENT CHARACTER}b' cannot be read: embedded null byte",
    ]


def test_file_given_twice_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("hnv: 1")

    with pytest.raises(PolicyError, match="is given twice"):
        load_policy(tmp_path, tmp_path / "a.yaml")


def test_size_limit_is_the_largest_size() -> None:
    assert load_policy("-", stdin=io.BytesIO(b"hnv: 1"), size_limit=6).records == ()

    with pytest.raises(PolicyError, match="'stdin' is larger than 5 octets"):
        load_policy("-", stdin=io.BytesIO(b"hnv: 1"), size_limit=5)


def test_large_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("hnv: 1")

    with pytest.raises(PolicyError, match="is larger than 5 octets"):
        load_policy(tmp_path / "a.yaml", size_limit=5)


def test_byte_order_mark_and_carriage_returns_are_passed_over() -> None:
    policy = load_policy("-", stdin=io.BytesIO(b"\xef\xbb\xbfhnv: 1\r\nhosts:\r\n  H1: {}\r\n"))

    assert str(policy.hosts["H1"].origin) == "stdin:3:3"


def test_utf_16_is_named() -> None:
    finding = refusal("hnv: 1".encode("utf-16"))

    assert finding.message == "'stdin' is UTF-16, and policies are UTF-8"


def test_first_octet_that_is_not_utf_8_is_pointed_at() -> None:
    finding = refusal("hnv: 1\nname: Gr\u00fc".encode() + b"\xdfe\n")

    assert finding.message == "octet 0xDF is not UTF-8"
    assert str(finding.origin) == "stdin:2:10"
    assert finding.excerpt == "name: Gr\u00fc\N{REPLACEMENT CHARACTER}e"


@pytest.mark.parametrize(
    ("octets", "message"),
    [
        (b"hnv: 1\nname: \x00", "character U+0000 is not allowed in a policy: it is a binary file"),
        (b"hnv: 1\nname: \x1b", "character U+001B is not allowed in a policy: no text holds it"),
        (
            b"hnv: 1\nname: \xc2\x9b",
            "character U+009B is not allowed in a policy: no text holds it",
        ),
        (
            b"hnv: 1\nname: \xef\xbb\xbf",
            "character U+FEFF is not allowed in a policy: no text holds it",
        ),
    ],
)
def test_character_that_is_no_text_is_pointed_at(octets: bytes, message: str) -> None:
    finding = refusal(octets)

    assert finding.message == message
    assert str(finding.origin) == "stdin:2:7"
