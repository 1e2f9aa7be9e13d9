"""HNV111: default routes into a subnet without a wildcard."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hnvemu.lint.rule import SetKey
from hnvemu.model.policy import Profile

if TYPE_CHECKING:
    from lint.conftest import Found

LOCAL = "10.0.2.0/24 on-link 5002"
DEFAULT = "0.0.0.0/0 10.0.2.250 5002"
GATEWAY = "host: H2, vsid: 5002, mac: 02-00-00-00-02-FA, ca: 10.0.2.250"
RECORD = "ca: 10.0.2.250, vsid: 5002, mac: 02-00-00-00-02-FA, pa: 192.168.10.12"


def test_gateway_that_generates_its_records_can_generate_this_one(found: Found) -> None:
    (finding,) = found("HNV111", routes=[LOCAL, DEFAULT], vms=[GATEWAY])

    (mend,) = finding.mends
    assert isinstance(mend, SetKey)
    assert (mend.key, mend.value) == ("gateway", True)


def test_listed_record_leaves_the_fix_open(found: Found) -> None:
    (finding,) = found("HNV111", routes=[LOCAL, DEFAULT], vms=[GATEWAY], records=[RECORD])

    assert finding.mends == ()


def test_windows_server_2012_has_no_type_of_records(found: Found) -> None:
    (finding,) = found("HNV111", routes=[LOCAL, DEFAULT], vms=[GATEWAY], profile=Profile.WS2012)
    wildcard = RECORD.replace("10.0.2.250", "0.0.0.0")

    assert finding.help.endswith("-Rule TranslationMethodEncap")
    assert not found(
        "HNV111", routes=[LOCAL, DEFAULT], records=[RECORD, wildcard], profile=Profile.WS2012
    )


def test_each_family_needs_its_own(found: Found) -> None:
    gateway = GATEWAY.replace("10.0.2.250", '[10.0.2.250, "2001:db8:2::fa"]')
    wildcard = RECORD.replace("10.0.2.250", "0.0.0.0") + ", type: gateway_wildcard"
    routes = [LOCAL, DEFAULT, "2001:db8:2::/64 on-link 5002", "::/0 2001:db8:2::fa 5002"]

    (finding,) = found("HNV111", routes=routes, vms=[gateway], records=[wildcard])

    assert finding.message == (
        "default route ::/0 leads to 2001:db8:2::fa, and VSID 5002 has no IPv6 gateway wildcard"
    )


def test_virtual_subnet_is_reported_once(found: Found) -> None:
    red = """\
  red:
    rdid: "{aaaaaaaa-0000-0000-0000-000000000002}"
    customer_routes:
      - {prefix: 10.0.2.0/24, next_hop: on-link, vsid: 5002}
      - {prefix: 0.0.0.0/0, next_hop: 10.0.2.250, vsid: 5002}
"""

    assert len(found("HNV111", routes=[LOCAL, DEFAULT], vms=[GATEWAY], more=red)) == 1


def test_route_that_is_not_used_needs_none(found: Found) -> None:
    """A tie goes to the lower next hop."""
    spare = "host: H2, vsid: 5003, mac: 02-00-00-00-03-FA, ca: 10.0.3.250"
    routes = [LOCAL, DEFAULT, "10.0.3.0/24 on-link 5003", "0.0.0.0/0 10.0.3.250 5003"]

    findings = found("HNV111", routes=routes, vms=[f"{GATEWAY}, gateway: true", spare])

    assert findings == []


@pytest.mark.parametrize(
    ("more", "code"),
    [("type: static", "HNV015"), ("type: gateway_wildcard, unusable: true", "HNV021")],
)
def test_wildcard_that_is_not_quite_one_is_another_mistake(
    found: Found, more: str, code: str
) -> None:
    records = [f"{RECORD.replace('10.0.2.250', '0.0.0.0')}, {more}"]

    assert found("HNV111", routes=[LOCAL, DEFAULT], vms=[GATEWAY], records=records) == []
    assert len(found(code, routes=[LOCAL, DEFAULT], vms=[GATEWAY], records=records)) == 1


def test_l2_only_record_is_no_wildcard(found: Found) -> None:
    records = [f"{RECORD.replace('10.0.2.250', '0.0.0.0')}, type: l2_only"]

    assert len(found("HNV111", routes=[LOCAL, DEFAULT], vms=[GATEWAY], records=records)) == 1
