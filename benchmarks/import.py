"""Loading a dump of 10,000 lookup records against the policy that says the same.

The same records stand in a policy, in what ``ConvertTo-Json`` writes and in what ``Export-Csv``
writes; all three go through ``load_policy``, each in a process of its own. A script is timed in
this process, line by line and step by step: ten times as many should cost ten times as much.
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
    import argparse
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
    scripts(hnvemu, asked)


def scripts(hnvemu: Any, asked: argparse.Namespace) -> None:
    """Print what a line, and a step of a loop, costs in a script ten times as long."""
    competitors = {}
    for count in (500, 5_000):
        for kind, text in (("line", written(count)), ("step", looped(count))):
            path = WORK / f"import-{count}-{kind}.ps1"
            path.write_text(text)
            competitors[f"{kind} of {count:,}"] = lambda path=path, count=count: harness.Sample(
                harness.timed(hnvemu.load_policy, path).seconds / count
            )
    found = harness.interleave(competitors, asked.rounds)
    figures = [
        cost(
            f"a {kind} of 5,000 / one of 500",
            found[f"{kind} of 5,000"],
            found[f"{kind} of 500"],
            at_most(1.2),
        )
        for kind in ("line", "step")
    ]
    harness.report("Evaluating a PowerShell script", figures, found, asked)


HEAD = """\
New-NetVirtualizationProviderAddress -CimSession H1 -ProviderAddress 192.168.10.11 -PrefixLength 16
New-NetVirtualizationCustomerRoute -CimSession H1 -DestinationPrefix 10.0.0.0/16 -NextHop 0.0.0.0 \
-RoutingDomainID '{aaaaaaaa-0000-0000-0000-000000000001}' -VirtualSubnetID 5001
"""
RECORD = (
    "New-NetVirtualizationLookupRecord -CimSession H1 -VirtualSubnetID 5001"
    " -ProviderAddress 192.168.10.11 -Rule TranslationMethodEncap"
)


def written(lines: int) -> str:
    """Return a script that tells a host each record in a line of its own."""
    return HEAD + "".join(
        f"{RECORD} -CustomerAddress 10.0.{at >> 8}.{at & 255} -MACAddress 0200{at:08X}\n"
        for at in range(2, lines)
    )


def looped(steps: int) -> str:
    """Return a script that does the same in a loop."""
    body = f"{RECORD} -CustomerAddress $ca -MACAddress ('0200{{0:X8}}' -f $i)"
    ca = "$ca = '10.0.{0}.{1}' -f [math]::Floor($i / 256), ($i % 256)"
    return f"{HEAD}for ($i = 2; $i -lt {steps}; $i++) {{\n  {ca}\n  {body}\n}}\n"


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
