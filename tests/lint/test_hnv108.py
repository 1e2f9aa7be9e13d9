"""HNV108: next hops in another VSID."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.lint.rule import SetKey

if TYPE_CHECKING:
    from lint.conftest import Found

ROUTES = [
    "10.0.1.0/24 on-link 5001",
    "10.0.2.0/24 on-link 5002",
    "10.0.3.0/24 on-link 5003",
    "0.0.0.0/0 10.0.2.250 5001",
]
HOP = "ca: 10.0.2.250, vsid: 5002, mac: 02-00-00-00-02-FA, pa: 192.168.10.12"


def test_fix_is_certain_where_one_record_has_the_next_hop(found: Found) -> None:
    (finding,) = found("HNV108", routes=ROUTES, records=[HOP])

    (mend,) = finding.mends
    assert isinstance(mend, SetKey)
    assert (mend.key, mend.value) == ("vsid", 5002)


def test_fix_is_open_where_records_differ(found: Found) -> None:
    (finding,) = found("HNV108", routes=ROUTES, records=[HOP, HOP.replace("5002", "5003")])

    assert finding.mends == ()
