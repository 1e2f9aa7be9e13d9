"""Loading a dump of 10,000 lookup records against the policy that says the same.

The same records stand in a policy, in what ``ConvertTo-Json`` writes and in what ``Export-Csv``
writes; all three go through ``load_policy``, each in a process of its own.
"""

from __future__ import annotations

import csv
import json
import sys
from typing import TYPE_CHECKING, Any

import harness
from harness import WORK, at_most, cost
from networks import write_listed_policy

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PROGRAM = "import os, sys, hnvemu; hnvemu.load_policy(sys.argv[1]); os._exit(0)"


def main() -> None:
    parser = harness.options(__doc__, rounds=5)
    parser.add_argument("--records", type=int, default=10_000, help="default 10000")
    asked = parser.parse_args()
    hnvemu = harness.need_hnvemu()
    policy = write_listed_policy(asked.records, WORK / f"import-{asked.records}.yaml", rules=1)
    rows = list(dumped(hnvemu.load_policy(policy)))
    in_json = policy.with_suffix(".json")
    in_json.write_text(json.dumps(rows, indent=4))
    in_csv = policy.with_suffix(".csv")
    with in_csv.open("w", newline="") as file:
        file.write("#TYPE MSFT_NetVirtualizationLookupRecordSettingData\r\n")
        writer = csv.DictWriter(file, rows[0], quoting=csv.QUOTE_ALL)
        writer.writeheader()
        writer.writerows(rows)
    files = {"policy": policy, "JSON": in_json, "CSV": in_csv}
    harness.process(loading(in_json))  # so that the modules are compiled
    found = harness.interleave(
        {name: harness.runs(loading(path)) for name, path in files.items()},
        asked.rounds,
        warm=False,
    )
    figures = [
        cost(f"a dump in {name} / the policy", found[name], found["policy"], at_most(1.5))
        for name in ("JSON", "CSV")
    ]
    harness.report(f"Loading {asked.records:,} lookup records of a host", figures, found, asked)


def dumped(policy: Any) -> Iterator[dict[str, Any]]:
    """Yield the records as ``Get-NetVirtualizationLookupRecord`` has them."""
    for record in policy.records:
        yield {
            "CustomerAddress": str(record.ca),
            "VirtualSubnetID": record.vsid,
            "MACAddress": f"{int(record.mac):012X}",
            "ProviderAddress": str(record.pa),
            "CustomerID": "{00000000-0000-0000-0000-000000000000}",
            "Context": "",
            "Rule": 1,
            "VMName": record.vm,
            "UseVmMACAddress": False,
            "Type": 0,
            "Unusable": False,
            "Unsynchronized": False,
            "PSComputerName": "H1",
        }


def loading(path: Path) -> list[str]:
    return [sys.executable, "-c", PROGRAM, str(path)]


if __name__ == "__main__":
    main()
