"""HNV215: provider addresses of one subnet with prefixes of different lengths."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lint.conftest import Found

HOST = "  H{0}: {{provider_addresses: {1}}}\n"


def test_the_prefix_of_most_addresses_is_taken_for_the_right_one(found: Found) -> None:
    hosts = HOST.format(3, "192.168.10.13/16") + HOST.format(4, "192.168.10.14/16")
    hosts += HOST.format(5, "192.168.10.15/16")

    problems = found("HNV215", hosts=hosts)

    message = "provider address {} has the prefix 192.168.10.0/24, and {} has 192.168.0.0/16"
    assert [problem.message for problem in problems] == [
        message.format("192.168.10.11", "192.168.10.13"),
        message.format("192.168.10.12", "192.168.10.13"),
    ]


def test_an_address_of_its_own_another_subnet_and_another_vlan_are_left_alone(
    found: Found,
) -> None:
    for address in ("192.168.10.13/32", "192.168.20.13/24", "{address: 192.168.0.1/16, vlan: 7}"):
        assert found("HNV215", hosts=HOST.format(3, f"[{address}]")) == []
