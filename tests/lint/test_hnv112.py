"""HNV112: wildcards that are not the gateway's."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lint.conftest import Found

ROUTES = ["10.0.2.0/24 on-link 5002", "0.0.0.0/0 10.0.2.250 5002", "10.9.0.0/16 10.0.2.250 5002"]
HOP = "ca: 10.0.2.250, vsid: 5002, mac: 02-00-00-00-02-FA, pa: 192.168.10.12"
WILDCARD = HOP.replace("10.0.2.250", "0.0.0.0") + ", type: gateway_wildcard"


def test_wildcard_of_a_replaced_gateway_is_found_once(found: Found) -> None:
    (finding,) = found("HNV112", routes=ROUTES, records=[HOP, WILDCARD.replace("FA", "FB")])

    assert finding.message == (
        "the gateway wildcard of VSID 5002 is not that of next hop 10.0.2.250:"
        " MAC 02-00-00-00-02-FB in place of 02-00-00-00-02-FA"
    )
    assert finding.help.startswith("remove the wildcard")


def test_one_of_several_wildcards_is_enough(found: Found) -> None:
    records = [HOP, WILDCARD.replace("FA", "01"), WILDCARD]

    assert found("HNV112", routes=ROUTES, records=records) == []


def test_next_hop_without_record_is_another_mistake(found: Found) -> None:
    assert found("HNV112", routes=ROUTES, records=[WILDCARD]) == []
