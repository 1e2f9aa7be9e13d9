"""HNV104: routes into a VSID of nobody, or of somebody else."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lint.conftest import Found

LOCAL = "10.0.1.0/24 on-link 5001"
VM = "host: H1, vsid: 5001, mac: 02-00-00-00-01-0A, ca: 10.0.1.10"
RED = """\
  red:
    rdid: "{aaaaaaaa-0000-0000-0000-000000000002}"
    customer_routes: [{prefix: 10.0.1.0/24, next_hop: on-link, vsid: 6001}]
"""


def test_vsid_of_another_network_is_foreign(found: Found) -> None:
    (finding,) = found("HNV104", routes=[LOCAL, "0.0.0.0/0 10.0.1.10 6001"], vms=[VM], more=RED)

    assert finding.message == (
        "the route of 0.0.0.0/0 is in VSID 6001, which is not one of virtual network 'blue'"
    )
    assert len(finding.mends) == 1


def test_next_hop_without_record_leaves_the_fix_open(found: Found) -> None:
    (finding,) = found("HNV104", routes=[LOCAL, "0.0.0.0/0 10.0.1.10 6001"])

    assert finding.mends == ()
    assert finding.help == "write the VSID that 10.0.1.10 lives in"


def test_vsid_of_a_vm_is_at_home(found: Found) -> None:
    """Its missing on-link route is another mistake, and so is the next hop's other VSID."""
    other = "host: H1, vsid: 5002, mac: 02-00-00-00-02-0A"

    assert found("HNV104", routes=[LOCAL, "0.0.0.0/0 10.0.1.10 5002"], vms=[VM, other]) == []
    assert len(found("HNV108", routes=[LOCAL, "0.0.0.0/0 10.0.1.10 5002"], vms=[VM, other])) == 1
