"""The words of access control lists become conditions."""

from __future__ import annotations

import pytest

from hnvemu.addresses import MacAddress
from hnvemu.formats.conditions import (
    addresses_of,
    addresses_or_mac_of,
    icmp_types_of,
    ports_of,
    protocol_of,
)
from hnvemu.model.acl import Protocol


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("10.0.0.1", "10.0.0.1"),
        ("10.0.0.0/8", "10.0.0.0/8"),
        ("10.0.0.0/255.0.0.0", "10.0.0.0/8"),
        ("10.0.0.1-10.0.0.5", "10.0.0.1-10.0.0.5"),
        ("2001:db8::/32", "2001:db8::/32"),
        ("LocalSubnet6", "localsubnet6"),
    ],
)
def test_an_address_condition_is_read(word: str, said: str) -> None:
    assert str(addresses_of([word])) == said


@pytest.mark.parametrize("words", [["Any"], ["*"], [], [""], ["10.0.0.1", "ANY"]])
def test_what_matches_everything_is_no_condition(words: list[str]) -> None:
    assert addresses_of(words) is None
    assert ports_of([word for word in words if "." not in word]) is None


@pytest.mark.parametrize(
    "word", ["x", "10.0.0.0/33", "10.0.0.0/255.0.255.0", "10.0.0.1-::1", "10.0.0.0/", "1-2-3"]
)
def test_what_is_no_address_is_refused(word: str) -> None:
    with pytest.raises(ValueError, match=r"is not|begins in"):
        addresses_of([word])


def test_a_port_acl_may_name_a_mac() -> None:
    assert addresses_or_mac_of(["02-00-00-00-01-0A"]) == MacAddress(0x02000000010A)
    assert str(addresses_or_mac_of(["10.0.0.0/8"])) == "10.0.0.0/8"


def test_an_address_of_twelve_digits_is_no_mac() -> None:
    assert str(addresses_or_mac_of(["100.100.100.100"])) == "100.100.100.100"
    assert str(addresses_or_mac_of(["10.0.1.10-10.0.1.12"])) == "10.0.1.10-10.0.1.12"


def test_ports_are_numbers_ranges_and_keywords() -> None:
    found = ports_of(["80", "8000-8100", "RPC-EPMap"])

    assert found is not None
    assert found.ranges == ((80, 80), (8000, 8100))
    assert found.keywords == ("rpcepmap",)
    for word in ("65536", "a", "1-", "-5"):
        with pytest.raises(ValueError, match="is not a port"):
            ports_of([word])


def test_protocols_are_names_and_numbers() -> None:
    assert protocol_of("TCP") == Protocol(6)
    assert protocol_of("ICMPv6") == Protocol(58, 6)
    assert protocol_of("47") == Protocol(47)
    assert protocol_of("Any") is None
    with pytest.raises(ValueError, match="is not a protocol"):
        protocol_of("256")


def test_icmp_types_are_ranges_of_type_and_code() -> None:
    assert icmp_types_of(["8", "3:4"]) == ((0x0800, 0x08FF), (0x0304, 0x0304))
    assert icmp_types_of(["Any"]) is None
    with pytest.raises(ValueError, match="is not an ICMP type"):
        icmp_types_of(["8:x"])
