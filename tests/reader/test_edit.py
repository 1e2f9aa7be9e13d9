"""Edits of policy text: in the style that stands there, and nothing else is touched."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest

from hnvemu.errors import PolicyError, QuestionError
from hnvemu.model.origin import BUILT_IN, Origin
from hnvemu.reader import load_policy
from hnvemu.reader.edit import Append, Delete, PolicyText, Put, path_text
from hnvemu.reader.source import Source

if TYPE_CHECKING:
    from pathlib import Path

    from hnvemu.reader.edit import Edit


def texts_of(*texts: str) -> PolicyText:
    files = (
        Source(f"{at}.yaml", text.encode(), text.encode(), is_text=True)
        for at, text in enumerate(texts)
    )
    return PolicyText(tuple(files))


def after(text: str, *edits: Edit) -> str:
    (edited,) = texts_of(text).edited(edits).files.values()
    return edited


# Where and how something is added


@pytest.mark.parametrize(
    ("text", "edited"),
    [
        ("h: {a: 1}\n", "h: {a: 1, k: 2}\n"),
        ("h: {}\n", "h: {k: 2}\n"),
        ("h: { }\n", "h: {k: 2 }\n"),
        ("h: {a: 1,}\n", "h: {a: 1, k: 2,}\n"),
        ("h: {a: 1}   # why\n", "h: {a: 1, k: 2}   # why\n"),
        ("h: {a: 1,\n    b: 2}\n", "h: {a: 1,\n    b: 2,\n    k: 2}\n"),
        ("h: {a: 1, b: 2,\n    c: 3, d: 4}\n", "h: {a: 1, b: 2,\n    c: 3, d: 4, k: 2}\n"),
        ("h: {\n  a: 1  # why\n}\n", "h: {\n  a: 1,  # why\n  k: 2\n}\n"),
        ("h: {\n  a: 1,  # why\n}\n", "h: {\n  a: 1,  # why\n  k: 2,\n}\n"),
        ("h:\n  a:   1  # why\nz: 9\n", "h:\n  a:   1  # why\n  k: 2\nz: 9\n"),
        ("h:\n    a: 1\n\n# next\nz: 9\n", "h:\n    a: 1\n    k: 2\n\n# next\nz: 9\n"),
        ("h:\r\n  a: 1\r\nz: 9\r\n", "h:\r\n  a: 1\r\n  k: 2\r\nz: 9\r\n"),
        ("h:\n  a: 1", "h:\n  a: 1\n  k: 2"),
        ("h:\n  a: |\n    x\nz: 9\n", "h:\n  a: |\n    x\n  k: 2\nz: 9\n"),
        ("h:  # of hosts\nz: 9\n", "h: {k: 2}  # of hosts\nz: 9\n"),
        ("z: 9\n", "z: 9\nh: {k: 2}\n"),
        ('{"h": {"a": 1}}', '{"h": {"a": 1, "k": 2}}'),
        ('{\n  "h": {\n    "a": 1\n  }\n}\n', '{\n  "h": {\n    "a": 1,\n    "k": 2\n  }\n}\n'),
    ],
)
def test_a_key_joins_what_stands_there_in_its_style(text: str, edited: str) -> None:
    assert after(text, Put(("h", "k"), 2)) == edited


@pytest.mark.parametrize(
    ("text", "edited"),
    [
        ("l: [a]\n", "l: [a, {b: c}]\n"),
        ("l: []\n", "l: [{b: c}]\n"),
        ("l:\n  - a  # why\nz: 9\n", "l:\n  - a  # why\n  - {b: c}\nz: 9\n"),
        ("l:\n- a: 1\n  b: 2\nz: 9\n", "l:\n- a: 1\n  b: 2\n- {b: c}\nz: 9\n"),
        ("l: a\n", "l: [a, {b: c}]\n"),
        ("l: {a: 1}\n", "l: [{a: 1}, {b: c}]\n"),
        ("l:\n  a: 1\n  # two\n  b: 2\n", "l:\n  - a: 1\n    # two\n    b: 2\n  - {b: c}\n"),
        ("z: 9\n", "z: 9\nl: [{b: c}]\n"),
        ('{"l": ["a"]}', '{"l": ["a", {"b": "c"}]}'),
    ],
)
def test_an_item_joins_a_list_or_makes_one(text: str, edited: str) -> None:
    assert after(text, Append(("l",), {"b": "c"})) == edited


def test_mappings_on_the_way_are_made() -> None:
    assert after("hnv: 1\n", Put(("host_views", "H2", "restarted"), "all")) == (
        "hnv: 1\nhost_views: {H2: {restarted: all}}\n"
    )


# Other values


@pytest.mark.parametrize(
    ("text", "edited"),
    [
        ("a:   old   # why\n", "a:   new   # why\n"),
        ('a: "old"\n', "a: new\n"),
        ("{a: old, b: c}\n", "{a: new, b: c}\n"),
        ("a: # why\n  - x\n  - y\nb: c\n", "a: new # why\nb: c\n"),
        ("a:\n  b:\n    c: d\n", "a: new\n"),
        ("a: >\n  old\n  text\n\nb: c\n", "a: new\n\nb: c\n"),
    ],
)
def test_a_value_takes_the_place_of_another(text: str, edited: str) -> None:
    assert after(text, Put(("a",), "new")) == edited


def test_an_item_of_a_list_is_set_where_it_stands() -> None:
    text = "l:\n  - name: a\n    on: no\n  - name: b  # the second\n"

    assert after(text, Put(("l", 0, "on"), value=True), Put(("l", 1), "c")) == (
        "l:\n  - name: a\n    on: true\n  - c  # the second\n"
    )


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("10.0.1.0/24", "10.0.1.0/24"),
        ("::/0", '"::/0"'),
        ("null", '"null"'),
        ("", '""'),
        ("a: b", '"a: b"'),
        ("two words", "two words"),
        ("it's # odd", '"it\'s # odd"'),
        ("a\u2028b", '"a\\u2028b"'),
        ("wéb", '"wéb"'),
        (["a", "{"], '[a, "{"]'),
        ({"k e": {"y": None}}, "{k e: {y: null}}"),
        (False, "false"),
        (1400, "1400"),
    ],
)
def test_a_value_is_quoted_where_it_would_be_read_as_something_else(
    value: object, written: str
) -> None:
    assert after("a: old\n", Put(("a",), value)) == f"a: {written}\n"


def test_json_stays_json() -> None:
    text = '{"a": {"b": 1}, "c": ["x"]}'
    edits = (
        Put(("a", "b"), "1400"),
        Put(("a", "d"), "02-00"),
        Append(("c",), "020"),
        Put(("e",), value=True),
    )

    assert after(text, *edits) == ('{"a": {"b": 1400, "d": "02-00"}, "c": ["x", "020"], "e": true}')


# Taking away


@pytest.mark.parametrize(
    ("text", "edited"),
    [
        ("h: {k: 2}\n", "h: {}\n"),
        ("h: {k: 2, a: 1}\n", "h: {a: 1}\n"),
        ("h: {a: 1, k: 2}  # why\n", "h: {a: 1}  # why\n"),
        ("h: {a: 1, k: 2,}\n", "h: {a: 1,}\n"),
        ("h: {\n  a: 1,  # one\n  k: 2  # two\n}\n", "h: {\n  a: 1  # one\n  # two\n}\n"),
        ("h: {\n  a: 1,\n  k: 2\n}\n", "h: {\n  a: 1\n}\n"),
        ("h:\n  k: 2  # gone\n  # stays\n  a: 1\n", "h:\n  # stays\n  a: 1\n"),
        ("h:\n  a: 1\n  k:\n    - 2\n    - 3\nz: 9\n", "h:\n  a: 1\nz: 9\n"),
        ("h:\n  k: 2\nz: 9\n", "h: {}\nz: 9\n"),
    ],
)
def test_a_key_goes_with_its_comma_or_its_line(text: str, edited: str) -> None:
    assert after(text, Delete(("h", "k"))) == edited


@pytest.mark.parametrize(
    ("text", "edited"),
    [
        ("l: [a]\n", "l: []\n"),
        ("l: a\n", "l: []\n"),
        ("l: [a, b]\n", "l: [b]\n"),
        ("l:\n  - a: 1\n    b: 2\n  - c\n", "l:\n  - c\n"),
        ("l:\n- - a\n  - b\n- c\n", "l:\n- c\n"),
        ("l:\n  - a\n", "l: []\n"),
    ],
)
def test_an_item_goes_with_its_dash(text: str, edited: str) -> None:
    assert after(text, Delete(("l", 0))) == edited


def test_the_first_key_of_an_item_leaves_its_dash() -> None:
    assert after("l:\n  - a: 1\n    b: 2\n", Delete(("l", 0, "a"))) == "l:\n  - b: 2\n"
    assert after("l:\n  - a: 1\n    # of b\n    b: 2\n", Delete(("l", 0, "a"))) == (
        "l:\n  - \n    # of b\n    b: 2\n"
    )


# Several files


def test_a_path_leads_through_the_file_that_has_it() -> None:
    files = texts_of("hosts: {H1: {}}\n", "hosts: {H2: {}}\n")

    edited = files.edited([Put(("hosts", "H2", "provider_mtu"), 1400), Put(("hosts", "H3"), {})])

    assert edited.files == {
        "0.yaml": "hosts: {H1: {}, H3: {}}\n",
        "1.yaml": "hosts: {H2: {provider_mtu: 1400}}\n",
    }
    assert edited.value_at(("hosts",)) == {
        "H1": {},
        "H3": {},
        "H2": {"provider_mtu": "1400"},
    }


def test_lists_of_several_files_are_one_list() -> None:
    files = texts_of("port_acls: [a, b]\n", "hnv: 1\n", "port_acls: [c]\n")

    assert files.value_at(("port_acls",)) == ["a", "b", "c"]
    assert files.edited([Put(("port_acls", 2), "d")]).files["2.yaml"] == "port_acls: [d]\n"
    assert files.edited([Append(("port_acls",), "e")]).files["2.yaml"] == "port_acls: [c, e]\n"
    assert files.edited([Delete(("port_acls",))]).value_at(("port_acls",)) is None


# What cannot be


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (Put((), 1), "a whole policy cannot be edited"),
        (Delete(("a", "x")), "a has no key 'x'"),
        (Delete(("x", "y")), "the policy has no key 'x'"),
        (Put(("b", "x"), 1), "b is the word '1' and holds nothing"),
        (Put(("l", 2), 1), "l has no item 2"),
        (Put(("l", "x"), 1), "l is a list"),
        (Append(("m", 0), 1), "the policy has no key 'm'"),
    ],
)
def test_an_edit_of_what_is_not_there_is_refused(edit: Edit, message: str) -> None:
    files = texts_of("a: {}\nb: 1\nl: [c, d]\n")

    with pytest.raises(QuestionError, match=message):
        files.edited([edit])


@pytest.mark.parametrize(
    "text", ["a: {", "a: &b c\n", "a: *b\n", "? [a]\n: b\n", "", "a: 1\n--- \n"]
)
def test_a_text_that_is_no_policy_raises_what_the_reader_says(text: str) -> None:
    with pytest.raises(PolicyError):
        texts_of(text).edited([Put(("a",), 1)])


def test_deep_nesting_is_refused_and_not_followed() -> None:
    with pytest.raises(PolicyError, match="nesting is deeper"):
        texts_of("hnv: 1\nintents: " + "[" * 100_000).edited([Put(("hnv",), 1)])


# Reading


def test_texts_say_what_load_policy_reads(tmp_path: Path, network: str) -> None:
    file = tmp_path / "p.yaml"
    file.write_bytes(b"\xef\xbb\xbf" + network.encode())

    texts = PolicyText.read(file)

    assert texts.policy() == load_policy(file)
    assert texts.policy().sha256 == load_policy(file).sha256
    edited = texts.edited([Put(("name",), "x")]).policy()
    assert edited.name == "x"
    assert edited.sha256 != texts.policy().sha256


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="there is no such file"):
        PolicyText.read(tmp_path / "none.yaml")


def test_standard_input_is_a_text() -> None:
    assert PolicyText.read("-", stdin=io.BytesIO(b"hnv: 1\n")).files == {"stdin": "hnv: 1\n"}


# Places


def test_every_origin_leads_back_to_its_entry(network: str, tmp_path: Path) -> None:
    more = """\
hnv: 1
firewall:
  defaults: {inbound: block}
  rules:
    - name: r
      vms: [A]
port_acls: [{direction: inbound, action: deny}]
host_views:
  H1:
    lookup_records: [{ca: 10.0.1.11, vsid: 5001, mac: 02-00-00-00-01-0B, pa: 192.168.10.11}]
"""
    (tmp_path / "a.yaml").write_text(network + "port_acls: []\n", encoding="utf-8")
    (tmp_path / "b.yaml").write_text(more, encoding="utf-8")
    texts = PolicyText.read(tmp_path)
    policy = texts.policy()

    def path(origin: Origin) -> str:
        return path_text(texts.path_of(origin))

    assert [path(host.origin) for host in policy.hosts.values()] == ["hosts.H1", "hosts.H2"]
    assert path(policy.hosts["H2"].addresses[1].origin) == "hosts.H2.provider_addresses[1]"
    assert path(policy.networks["T"].origin) == "virtual_networks.T"
    assert path(policy.ports["T/A"].origin) == "virtual_networks.T.vms.A"
    assert path(policy.routes[1].origin) == "virtual_networks.T.customer_routes[1]"
    assert path(policy.firewall.rules[0].origin) == "firewall.rules[0]"
    assert path(policy.firewall.defaults[0].origin) == "firewall.defaults"
    assert path(policy.port_acls[0].origin) == "port_acls[0]"
    assert path(policy.views["H1"].lookup_records[0].origin) == "host_views.H1.lookup_records[0]"


@pytest.mark.parametrize("origin", [BUILT_IN, Origin("0.yaml", 9, 1), Origin("0.yaml", 1, 2)])
def test_nothing_is_written_where_nothing_begins(origin: Origin) -> None:
    with pytest.raises(QuestionError, match="nothing is written at"):
        texts_of("hnv: 1\n").path_of(origin)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (("hosts", "H1", "provider_mtu"), "hosts.H1.provider_mtu"),
        (("a", 3, "b"), "a[3].b"),
        (("vms", "web.1"), 'vms."web.1"'),
        ((), ""),
    ],
)
def test_a_path_is_written_as_it_is_read(path: tuple[str | int, ...], text: str) -> None:
    assert path_text(path) == text


# Differences


def test_a_diff_has_three_lines_of_context_and_each_file() -> None:
    lines = "".join(f"k{at}: {at}\n" for at in range(12))
    files = texts_of(lines, "a: 1", "same: 1\n")
    edited = files.edited([Put(("k5",), "x"), Put(("a",), 2), Put(("k11",), "y")])

    assert (
        files.diff(edited)
        == """\
--- a/0.yaml
+++ b/0.yaml
@@ -3,10 +3,10 @@
 k2: 2
 k3: 3
 k4: 4
-k5: 5
+k5: x
 k6: 6
 k7: 7
 k8: 8
 k9: 9
 k10: 10
-k11: 11
+k11: y
--- a/1.yaml
+++ b/1.yaml
@@ -1 +1 @@
-a: 1
\\ No newline at end of file
+a: 2
\\ No newline at end of file
"""
    )


def test_texts_do_not_differ_from_themselves() -> None:
    files = texts_of("a: 1\n")

    assert files.diff(files.edited([Put(("a",), 1)])) == ""
