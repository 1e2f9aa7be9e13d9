"""HNV103: several on-link prefixes of a virtual subnet."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from lint.conftest import Found

RED = """\
  red:
    rdid: "{aaaaaaaa-0000-0000-0000-000000000002}"
    customer_routes:
      - {prefix: 10.0.1.0/24, next_hop: on-link, vsid: 6001}
      - {prefix: 10.0.1.0/24, next_hop: on-link, vsid: 6001, metric: %s}
"""


@pytest.mark.parametrize(("metric", "mends"), [(255, 1), (300, 0)])
def test_route_that_says_nothing_new_can_be_taken_out(
    found: Found, metric: int, mends: int
) -> None:
    (finding,) = found("HNV103", more=RED % metric)

    assert finding.message == "10.0.1.0/24 is on-link in VSID 6001 twice"
    assert len(finding.mends) == mends


def test_each_further_prefix_is_reported(found: Found) -> None:
    routes = [f"10.0.{at}.0/24 on-link 5001" for at in range(1, 4)]

    assert [finding.message for finding in found("HNV103", routes=routes)] == [
        "VSID 5001 has 10.0.2.0/24 on-link beside 10.0.1.0/24",
        "VSID 5001 has 10.0.3.0/24 on-link beside 10.0.1.0/24",
    ]
