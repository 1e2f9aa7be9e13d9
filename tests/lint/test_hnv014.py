"""HNV014: wildcards with an address."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lint.conftest import Found


def test_address_of_the_other_family_is_none_either(found: Found) -> None:
    record = 'ca: "::", vsid: 5001, mac: 02-00-00-00-01-0A, pa: 192.168.10.11, type: l2_only'

    assert found("HNV014", records=[record]) == []


def test_unspecified_address_of_the_family_is_named(found: Found) -> None:
    record = 'ca: "fe80::1", vsid: 5001, mac: 02-00-00-00-01-0A, pa: 192.168.10.11, type: l2_only'

    (finding,) = found("HNV014", records=[record])

    assert finding.message == "the L2-only record in VSID 5001 is for fe80::1, not ::"
