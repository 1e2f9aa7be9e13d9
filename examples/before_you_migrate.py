"""Ask what a host with a stale record does to a VM that moved: policies are values."""

from __future__ import annotations

from pathlib import Path

from hnvemu import Fabric, load_policy

POLICY = Path(__file__).parent.parent / "policies" / "stale-host-views.yaml"

fabric = Fabric.compile(load_policy(POLICY))
for host in fabric.policy.hosts:
    records = fabric.tables.known(host).view.records[4]
    seen = {str(record.pa) for record in records.values() if str(record.ca) == "10.0.1.10"}
    print(f"{host} believes that 10.0.1.10 lives behind {', '.join(sorted(seen)) or 'nobody'}")
