"""How one file is read; what is wrong with files stands in ``bad``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hnvemu.errors import PolicyError
from hnvemu.reader.events import read_document
from hnvemu.reader.report import Report
from hnvemu.reader.source import Source

if TYPE_CHECKING:
    from collections.abc import Callable

    from hnvemu.model.policy import Policy

    Read = Callable[[str], Policy]


def document(text: str) -> tuple[dict[str, object], bool, Report]:
    report = Report()
    octets = text.encode()
    read = read_document(Source("a", octets, octets, True), report)
    return read.sections, read.complete, report


def test_values_are_those_of_the_table() -> None:
    sections, complete, report = document("hnv: 1\nhosts: {H1: {provider_mtu: 9000}}\n")

    assert complete
    assert not report
    assert sections["hosts"]["H1"].value["mtu"] == 9000  # type: ignore[index]


def test_origin_of_a_named_value_is_its_name_and_of_a_listed_one_its_first_key(
    read: Read, network: str
) -> None:
    policy = read(network + "    lookup_records:\n      - ca: 10.0.1.10\n        vsid: 5001\n"
                  "        mac: 020000000159\n        pa: 1.1.1.1\n")  # fmt: skip

    assert str(policy.networks["T"].origin) == "stdin:6:3"
    assert str(policy.ports["T/A"].origin) == "stdin:12:7"
    assert str(policy.routes[0].origin) == "stdin:9:9"
    assert str(policy.records[0].origin) == "stdin:15:9"


@pytest.mark.parametrize(
    "text",
    [
        "hnv: 1\nhosts: {",
        "hnv: 1\nhostss: {H1: {}}",
        "hnv: 1\nhosts: []",
        "hnv: 1\nhosts: {H1: []}\nvirtual_networks: {T: []}",
        "hnv: 1\nvirtual_networks: {T: {vmss: {}}}",
        "hnv: 1\nintents: " + "[" * 50,
    ],
)
def test_file_whose_names_may_be_lost_is_not_complete(text: str) -> None:
    _, complete, report = document(text)

    assert not complete
    assert report


def test_bad_value_does_not_lose_names() -> None:
    sections, complete, report = document("hnv: 1\nhosts: {H1: {provider_mtu: x}, H2: {q: {}}}")

    assert complete
    assert report
    assert list(sections["hosts"]) == ["H1", "H2"]  # type: ignore[call-overload]


def test_quoted_null_and_tilde_are_texts(read: Read) -> None:
    assert read('hnv: 1\nname: "null"\ndescription: "~"').name == "null"
    assert read('hnv: 1\nname: ""').name == ""


def test_signs_of_anchors_and_tags_inside_text_mean_nothing(read: Read) -> None:
    assert read("hnv: 1\nname: R&D!\ndescription: a *b* c").name == "R&D!"


def test_everything_wrong_is_reported_in_one_run(read: Read) -> None:
    text = """\
hnv: 1
nam: x
hosts: {H1: {provider_mtu: x}}
virtual_networks:
  T:
    vms:
      A: {host: H9, vsid: 16777216, mac: 1}
firewall: {rules: [{name: r, vms: Z, action: q}]}
"""

    with pytest.raises(PolicyError) as caught:
        read(text)

    assert [finding.message for finding in caught.value.findings] == [
        "the key 'nam' is unknown in a policy",
        "'x' is not a whole number",
        "a virtual network lacks 'rdid'",
        "there is no host 'H9'",
        "16777216 does not fit into the 24 bits of a VSID",
        "'1' is not a MAC address: 12 hex digits, such as 00-15-5D-01-02-03",
        "there is no VM 'Z'",
        "'q' is not an action",
    ]
