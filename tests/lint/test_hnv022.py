"""HNV022, HNV023, HNV024: the record of the .1."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.lint.rule import SetKey
from hnvemu.model.policy import Profile

if TYPE_CHECKING:
    from lint.conftest import Found

BLUE_RECORD = "ca: 10.0.1.10, vsid: 5001, mac: 02-00-00-00-01-0A, pa: 192.168.10.11"
RED = """\
  red:
    rdid: "{aaaaaaaa-0000-0000-0000-000000000002}"
    customer_routes:
      - {prefix: 10.6.1.0/24, next_hop: on-link, vsid: 6001}
%s    lookup_records:
      - {ca: 10.6.1.10, vsid: 6001, mac: 02-00-00-00-06-0A, pa: 192.168.10.11}
"""
DEFAULT = "      - {prefix: 0.0.0.0/0, next_hop: 10.6.1.250, vsid: 6001}\n"
VIEW = """\
host_views:
  H%s:
    lookup_records:
      - {ca: 10.6.1.1, vsid: 6001, mac: 02-00-00-FF-FF-%s, pa: 169.254.254.254}
"""


def test_subnet_that_nothing_leads_out_of_needs_no_dot_one(found: Found) -> None:
    assert found("HNV022", more=RED % "") == []


def test_route_through_a_gateway_leads_out(found: Found) -> None:
    (finding,) = found("HNV022", more=RED % DEFAULT)

    assert finding.message.startswith("10.6.1.1, the .1 of 10.6.1.0/24 in VSID 6001,")


def test_distributed_router_of_hnvv2_needs_no_record(found: Found) -> None:
    assert found("HNV022", more=RED % DEFAULT, profile=Profile.HNVV2) == []


def test_subnet_without_vms_needs_no_dot_one(found: Found) -> None:
    other = "      - {prefix: 10.6.2.0/24, next_hop: on-link, vsid: 6002}\n"

    findings = found("HNV022", more=RED % other)

    assert [finding.message[:8] for finding in findings] == ["10.6.1.1"]


def test_other_family_has_ways_of_its_own(found: Found) -> None:
    other = '      - {prefix: "2001:db8:6::/64", next_hop: on-link, vsid: 6002}\n'

    assert found("HNV022", more=RED % other) == []


def test_two_views_are_compared_where_the_policy_has_no_record(found: Found) -> None:
    views = VIEW % ("1", "01") + (VIEW % ("2", "02")).partition("\n")[2]

    (finding,) = found("HNV023", more=RED % "" + views)

    assert finding.message == (
        "'H2' answers for 10.6.1.1 in VSID 6001 with 02-00-00-FF-FF-02, and other hosts with"
        " 02-00-00-FF-FF-01"
    )
    assert finding.mends == (SetKey(finding.origin, "mac", "02-00-00-FF-FF-01"),)


def test_view_of_a_vm_is_no_business_of_the_dot_one(found: Found) -> None:
    view = f"host_views: {{H1: {{lookup_records: [{{{BLUE_RECORD}}}]}}}}"

    assert found("HNV023", more=view) == []


def test_dot_one_on_a_host_is_usual_in_hnvv2(found: Found) -> None:
    record = "ca: 10.0.1.1, vsid: 5001, mac: 02-00-00-FF-FF-01, pa: 192.168.10.11"

    (finding,) = found("HNV024", records=[record])

    assert finding.mends == (SetKey(finding.origin, "pa", "169.254.254.254"),)
    assert found("HNV024", records=[record], profile=Profile.HNVV2) == []
