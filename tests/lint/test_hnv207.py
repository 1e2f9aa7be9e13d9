"""HNV207, HNV208: what one host knows and others do not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hnvemu.trace.outcome import Reason

if TYPE_CHECKING:
    from lint.conftest import Found

A = "host: H1, vsid: 5001, mac: 02-00-00-00-01-0A, ca: 10.0.1.10"
B = "host: H2, vsid: 5001, mac: 02-00-00-00-01-0B, ca: 10.0.1.11"
GW = "host: H2, vsid: 5002, mac: 02-00-00-00-02-FA, ca: 10.0.2.250, gateway: true"
ROUTES = [
    "10.0.1.0/24 on-link 5001",
    "10.0.2.0/24 on-link 5002",
    "0.0.0.0/0 10.0.2.250 5002",
]
VIEW = "host_views:\n  %s:\n    %s\n"
RECORD_B = "ca: 10.0.1.11, vsid: 5001, mac: 02-00-00-00-01-0B, pa: 192.168.10.12"
RECORD_C = "ca: 10.0.1.12, vsid: 5001, mac: 02-00-00-00-01-0A, pa: 192.168.10.11"


def lacking(what: str, host: str = "H1") -> str:
    return VIEW % (host, f"without_lookup_records: [{what}]")


def having(record: str, host: str = "H1") -> str:
    return VIEW % (host, f"lookup_records: [{{{record}}}]")


@pytest.mark.parametrize(
    ("restarted", "lost"),
    [
        ("policy", "lookup records and customer routes"),
        ("all", "provider addresses, lookup records and customer routes"),
    ],
)
def test_restart_is_one_finding(found: Found, restarted: str, lost: str) -> None:
    (finding,) = found("HNV207", vms=[A, B], more=VIEW % ("H1", f"restarted: {restarted}"))

    assert finding.message == f"host 'H1' has restarted and lost its {lost}"


def test_restart_of_a_host_without_vms_is_none(found: Found) -> None:
    assert found("HNV207", vms=[A], more=VIEW % ("H2", "restarted: all")) == []


def test_missing_route_is_what_a_packet_suffers(found: Found) -> None:
    more = VIEW % ("H1", "without_customer_routes: [{virtual_network: blue, prefix: 0.0.0.0/0}]")

    (finding,) = found("HNV207", routes=ROUTES, vms=[A, GW], more=more)

    assert finding.effect is Reason.ROUTE_MISSING
    assert "lacks route 0.0.0.0/0 via 10.0.2.250 in VSID 5002" in finding.message


def test_host_of_gateways_alone_needs_no_default_route(found: Found) -> None:
    lost = "[{virtual_network: blue, prefix: 0.0.0.0/0}]"
    more = VIEW % ("H2", f"without_customer_routes: {lost}")

    assert found("HNV207", routes=ROUTES, vms=[A, GW], more=more) == []
    assert len(found("HNV207", routes=ROUTES, vms=[A, B, GW], more=more)) == 1


def test_routes_of_a_network_that_the_host_has_no_vm_of_are_not_missed(found: Found) -> None:
    lost = "[{virtual_network: blue, prefix: 10.0.1.0/24}]"

    red = """\
  red:
    rdid: "{aaaaaaaa-0000-0000-0000-000000000002}"
    customer_routes: [{prefix: 10.6.1.0/24, next_hop: on-link, vsid: 6001}]
    vms:
      D: {host: H2, vsid: 6001, mac: 02-00-00-00-06-0A, ca: 10.6.1.10}
"""
    more = red + VIEW % ("H2", f"without_customer_routes: {lost}")

    assert found("HNV207", vms=[A], more=more) == []


def test_many_records_are_one_finding(found: Found) -> None:
    last = range(11, 16)
    vms = [A, *(f"host: H2, vsid: 5001, mac: 02-00-00-00-01-{x}, ca: 10.0.1.{x}" for x in last)]
    keys = ", ".join(f"{{ca: 10.0.1.{x}, vsid: 5001}}" for x in last)

    (finding,) = found("HNV207", vms=vms, more=lacking(keys))

    assert finding.message.endswith("record 10.0.1.13 in VSID 5001 and 2 more")


def test_dot_one_is_missed_where_guests_of_the_subnet_are(found: Found) -> None:
    vms = [A, B.replace("5001", "5002").replace("0.1.", "0.2.")]

    here = lacking("{ca: 10.0.1.1, vsid: 5001}")
    elsewhere = lacking("{ca: 10.0.2.1, vsid: 5002}")

    assert len(found("HNV207", routes=ROUTES[:2], vms=vms, more=here)) == 1
    assert found("HNV207", routes=ROUTES[:2], vms=vms, more=elsewhere) == []


def test_dynamic_record_is_not_missed(found: Found) -> None:
    records = [RECORD_C + ", type: dynamic"]
    more = lacking("{ca: 10.0.1.12, vsid: 5001}", host="H2")

    assert found("HNV207", vms=[A, B], records=records, more=more) == []


def test_l2_only_record_of_a_view_hides_the_wildcard(found: Found) -> None:
    """A view's records are in place of all of the same VSID and address."""
    l2_only = "ca: 0.0.0.0, vsid: 5002, mac: 02-00-00-00-02-FA, pa: 192.168.10.12, type: l2_only"

    (finding,) = found("HNV207", routes=ROUTES, vms=[A, GW], more=having(l2_only))

    assert "lacks record 0.0.0.0 in VSID 5002" in finding.message


def test_record_that_one_host_alone_has_is_missed_by_the_others(found: Found) -> None:
    (finding,) = found("HNV207", vms=[A, B], more=having(RECORD_C))

    assert finding.message == (
        "host 'H2' has 'blue/V1' and lacks record 10.0.1.12 in VSID 5001, which is written for"
        " H1 alone"
    )


def test_record_that_nobody_needs_is_not_missed(found: Found) -> None:
    nobody = RECORD_C.replace("-01-0A", "-01-99")

    assert found("HNV207", vms=[A], more=having(RECORD_C)) == []
    assert found("HNV207", vms=[A, B], more=having(nobody)) == []
    assert found("HNV207", vms=[A, B], more=having(RECORD_C + ", type: dynamic")) == []
    assert found("HNV207", vms=[A, B], more=having(RECORD_C.replace("5001", "5009"))) == []


def test_record_in_another_vsid_is_told_once(found: Found) -> None:
    more = lacking("{ca: 10.0.1.11, vsid: 5001}")
    more += f"    lookup_records: [{{{RECORD_B.replace('5001', '5002')}}}]\n"

    (finding,) = found("HNV208", routes=ROUTES[:2], vms=[A, B], more=more)

    assert finding.message.endswith("with VSID 5002, and others have VSID 5001")
    assert finding.mends == ()
    assert found("HNV207", routes=ROUTES[:2], vms=[A, B], more=more) == []


def test_host_that_knows_better_than_the_policy_is_right(found: Found) -> None:
    records = [RECORD_B.replace(".10.12", ".10.11")]

    assert found("HNV208", vms=[A, B], records=records, more=having(RECORD_B)) == []
    assert len(found("HNV203", vms=[A, B], records=records, more=having(RECORD_B))) == 1


def test_both_mac_and_provider_address_are_mended(found: Found) -> None:
    stale = RECORD_B.replace(".10.12", ".10.11").replace("-01-0B", "-01-1B")

    (finding,) = found("HNV208", vms=[A, B], more=having(stale))

    assert "with MAC 02-00-00-00-01-1B, PA 192.168.10.11, and others have" in finding.message
    assert len(finding.mends) == 2


def test_views_are_compared_where_the_policy_has_no_record(found: Found) -> None:
    more = having(RECORD_C) + having(RECORD_C.replace(".10.11", ".10.12"), "H2").partition("\n")[2]

    assert len(found("HNV208", vms=[A, B], more=more)) == 1
    assert found("HNV207", vms=[A, B], more=more) == []


def test_views_of_a_subnet_without_routes_are_compared(found: Found) -> None:
    first = RECORD_C.replace("5001", "5009")
    second = first.replace(".10.11", ".10.12")
    more = having(first) + having(second, "H2").partition("\n")[2]

    assert len(found("HNV208", more=more)) == 1


def test_l2_only_records_of_other_macs_are_of_other_vms(found: Found) -> None:
    record = "ca: 0.0.0.0, vsid: 5001, mac: 02-00-00-00-01-%s, pa: 192.168.10.%s, type: l2_only"

    records = [record % ("0A", 11)]

    assert found("HNV208", records=records, more=having(record % ("0B", 12))) == []
    assert len(found("HNV208", records=records, more=having(record % ("0A", 12)))) == 1


def test_dot_one_and_marked_records_are_not_compared(found: Found) -> None:
    router = "ca: 10.0.1.1, vsid: 5001, mac: 02-00-00-FF-FF-02, pa: 169.254.254.253"

    assert found("HNV208", vms=[A, B], more=having(router)) == []
    marked = RECORD_B.replace(".10.12", ".10.11") + ", unusable: true"
    assert found("HNV208", vms=[A, B], more=having(marked)) == []
