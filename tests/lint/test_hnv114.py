"""HNV114: default routes that are never used."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lint.conftest import Found


def test_on_link_default_route_is_one_too(found: Found) -> None:
    red = """\
  red:
    rdid: "{aaaaaaaa-0000-0000-0000-000000000002}"
    customer_routes:
      - {prefix: 10.0.1.0/24, next_hop: on-link, vsid: 6001}
      - {prefix: 0.0.0.0/0, next_hop: 10.0.1.250, vsid: 6001, metric: 1}
      - {prefix: 0.0.0.0/0, next_hop: on-link, vsid: 6002, metric: 2}
      - {prefix: 10.9.0.0/16, next_hop: 10.0.1.250, vsid: 6001, metric: 1}
      - {prefix: 10.9.0.0/16, next_hop: 10.0.1.251, vsid: 6001, metric: 2}
"""

    (finding,) = found("HNV114", more=red)

    assert finding.message == (
        "default route 0.0.0.0/0 on-link is never used: another one has metric 1, this one 2"
    )
