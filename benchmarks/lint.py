"""The time of lint as a policy grows: VMs with their records, routes, and lists of every kind.

Each curve is compared with itself at its smallest size by time for one record, route or entry: 1
is linear. Loading the policy is not counted. ``--rules`` adds the rules that take the most time at
the largest size of each curve.
"""

from __future__ import annotations

import random
import time
from ipaddress import IPv4Address
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import harness
from harness import WORK, Sample, at_most, cost

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

RDID = "{aaaaaaaa-0000-0000-0000-000000000001}"
PER_SUBNET = 200
PER_HOST = 200
SLOWEST = 8


def vms(count: int) -> Iterator[str]:
    """A network of VMs in subnets of /24, spread over hosts, with a gateway; records generated."""
    hosts = max(4, count // PER_HOST)
    subnets = -(-count // PER_SUBNET)
    yield "hosts:"
    for at in range(hosts + 1):
        yield f"  H{at}: {{provider_addresses: [{IPv4Address(0xC0A8_0000 + 10 + at)}/16]}}"
    yield f'virtual_networks:\n  T:\n    rdid: "{RDID}"\n    customer_routes:'
    for at in range(subnets + 1):
        prefix = IPv4Address(0x0A00_0000 + (at << 8))
        yield f"      - {{prefix: {prefix}/24, next_hop: on-link, vsid: {5001 + at}}}"
    gateway = IPv4Address(0x0A00_0000 + (subnets << 8) + 250)
    yield f"      - {{prefix: 0.0.0.0/0, next_hop: {gateway}, vsid: {5001 + subnets}}}"
    yield "    vms:"
    yield (
        f"      GW: {{host: H{hosts}, vsid: {5001 + subnets}, mac: 02-00-00-00-00-FA,"
        f" ca: {gateway}, gateway: true}}"
    )
    for at in range(count):
        subnet, row = divmod(at, PER_SUBNET)
        ca = IPv4Address(0x0A00_0000 + (subnet << 8) + 10 + row)
        yield (
            f"      V{at}: {{host: H{at % hosts}, vsid: {5001 + subnet}, ca: {ca},"
            f" mac: {0x0200_0100_0000 + at:012x}}}"
        )


def routes(count: int) -> Iterator[str]:
    """A small network whose gateway has ``count`` prefixes behind it."""
    yield from vms(100)
    yield "---"
    for at in range(count):
        prefix = IPv4Address(0xAC10_0000 + (at << 6))
        yield f"      - {{prefix: {prefix}/26, next_hop: 10.0.1.250, vsid: 5002}}"


def lists(kind: str) -> Callable[[int], Iterator[str]]:
    """A small network with ``count`` entries: nested prefixes, both actions, some for one VM."""

    def lines(count: int) -> Iterator[str]:
        yield from vms(100)
        yield "firewall:\n  rules:" if kind == "firewall" else f"{kind}:"
        chance = random.Random(6)
        for at in range(count):
            length = chance.randint(12, 32)
            network = 0x0A00_0000 | chance.getrandbits(length - 8) << 32 - length
            allows = chance.random() < 0.5
            who = f" vms: [V{chance.randrange(100)}]," if chance.random() < 0.5 else ""
            yield ENTRIES[kind].format(
                at=at,
                half=at // 2,
                who=who,
                prefix=f"{IPv4Address(network)}/{length}",
                port=chance.choice(["any", "443", "1024-2047", f"{chance.randrange(65536)}"]),
                direction=chance.choice(["inbound", "outbound"]),
                action="allow" if allows else "block" if kind == "firewall" else "deny",
            )

    return lines


_SAID = "{{direction: {direction}, action: {action},{who}"
ENTRIES = {
    "firewall": f"    - {_SAID} name: r{{at}}, protocol: tcp, remote_address: {{prefix}},"
    " remote_port: {port}}}",
    "port_acls": f"  - {_SAID} remote: {{prefix}}}}}}",
    "extended_acls": f"  - {_SAID} weight: {{half}}, protocol: tcp, remote: {{prefix}},"
    " remote_port: {port}}}",
    "datacenter_acls": f"  - {_SAID} name: r{{at}}, priority: {{half}}, protocol: tcp,"
    " source: {prefix}, source_port: {port}}}",
}
CURVES: dict[str, tuple[Callable[[int], Iterator[str]], tuple[int, ...]]] = {
    "records": (vms, (1_000, 10_000, 100_000)),
    "routes": (routes, (100, 1_000, 10_000)),
    **{kind: (lists(kind), (100, 1_000, 10_000)) for kind in ENTRIES},
}


def main() -> None:
    parser = harness.options(__doc__, rounds=5)
    parser.add_argument("--largest", type=int, default=100_000, help="default 100000")
    parser.add_argument("--rules", action="store_true", help="name the rules that take the time")
    parser.add_argument("curves", nargs="*", help="default: all")
    asked = parser.parse_args()
    harness.need_hnvemu()
    for curve in asked.curves or CURVES:
        write, sizes = CURVES[curve]
        sizes = tuple(size for size in sizes if size <= asked.largest)
        policies = {size: loaded(curve, write(size), size) for size in sizes}
        names = {size: f"{curve}: {size:,}" for size in sizes}
        found = harness.interleave(
            {names[size]: linting(policies[size], size) for size in sizes}, asked.rounds
        )
        least = found[names[sizes[0]]]
        figures = [
            cost(f"one of {size:,} / one of {sizes[0]:,}", found[names[size]], least, at_most(2))
            for size in sizes[1:]
        ]
        harness.report(f"Linting growing numbers of {curve}", figures, found, asked)
        if asked.rules:
            print(shares(policies[sizes[-1]]), flush=True)


def loaded(curve: str, lines: Iterator[str], size: int) -> Any:
    """Write a policy and load it; what follows ``---`` belongs to the routes."""
    from hnvemu import load_policy

    text, _, more = "\n".join(["hnv: 1", *lines]).partition("\n---\n")
    if more:
        text = text.replace("    vms:\n", f"{more}\n    vms:\n", 1)
    WORK.mkdir(exist_ok=True)
    path = WORK / f"lint-{curve}-{size}.yaml"
    path.write_text(f"{text}\n")
    return load_policy(path)


def linting(policy: Any, size: int) -> Callable[[], Sample]:
    """Lint a policy with all rules, and give the time of one row."""
    from hnvemu.lint import lint

    def run() -> Sample:
        start = time.perf_counter()
        lint(policy)
        return Sample((time.perf_counter() - start) / size)

    return run


def shares(policy: Any) -> str:
    """Lay out which rules take the time, as parts of the whole; indexes count where first asked."""
    from hnvemu.lint import lint

    starts: list[tuple[str, float]] = []
    lint(policy, progress=lambda rule: starts.append((rule.code, time.perf_counter())))
    starts.append(("", time.perf_counter()))
    spent = {code: after - before for (code, before), (_, after) in pairwise(starts)}
    whole = sum(spent.values())
    slowest = sorted(spent.items(), key=lambda row: -row[1])[:SLOWEST]
    return "\n".join(f"{code}  {seconds / whole:.1%}" for code, seconds in slowest) + "\n"


if __name__ == "__main__":
    main()
