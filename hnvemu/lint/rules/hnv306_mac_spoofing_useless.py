"""MAC spoofing is allowed at a port that has no use for it.

## Why it matters
The switch stops checking which source MAC the VM writes. Network virtualization still does: a frame
with another MAC needs a record with that MAC behind the same host. There is none, so the switch has
lost its check and the VM has gained nothing.

## Example
```yaml
virtual_networks:
  blue:
    vms:
      D: {host: H1, vsid: 5001, mac: 02-00-00-00-01-0D, ca: 10.0.1.13, mac_spoofing: true}
```

## Instead
Turn it off. VMs with nested guests, bridges or a cluster address with a MAC of its own need it, and
records of those MACs: the rule is silent for them, and for VMs with a second adapter in the subnet.

## How sure
Inferred from the two checks, which are documented.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.lint.rule import Problem, Rule, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hnvemu.lint.subject import Subject
    from hnvemu.model.topology import VmPort


def check(subject: Subject) -> Iterator[Problem]:
    """Report every such adapter once, if none of its subnets has a MAC to send with."""
    adapters: dict[str, list[VmPort]] = {}
    for port in subject.policy.ports.values():
        if port.mac_spoofing and port.vsid:
            adapters.setdefault(port.trunk or port.name, []).append(port)
    if not adapters:
        return
    foreign = _foreign(subject)
    siblings = _siblings(subject)
    for adapter, ports in adapters.items():
        if any(
            (port.vsid, port.host) in foreign or siblings[port.vsid, _vm(port)] > 1
            for port in ports
        ):
            continue
        yield Problem(
            message=f"'{adapter}' may send with any MAC, and host '{ports[0].host}' has no record"
            f" of another one in VSID {', '.join(str(port.vsid) for port in ports)}",
            origin=ports[0].origin,
            help="Set-VMNetworkAdapter -MacAddressSpoofing Off",
        )


def _foreign(subject: Subject) -> set[tuple[int, str]]:
    """Return VSIDs and hosts with a record there whose MAC no port has."""
    return {
        (record.vsid, host)
        for record in subject.records
        if (record.vsid, record.mac) not in subject.ports_of_mac and not subject.is_router(record)
        for host, _ in subject.owners.get(record.pa, ())
    }


def _siblings(subject: Subject) -> dict[tuple[int, str], int]:
    """Count the adapters of each VM in a virtual subnet."""
    counts: dict[tuple[int, str], int] = {}
    for port in subject.policy.ports.values():
        key = port.vsid, _vm(port)
        counts[key] = counts.get(key, 0) + 1
    return counts


def _vm(port: VmPort) -> str:
    return (port.trunk or port.name).partition(":")[0]


RULE = Rule(
    code="HNV306",
    slug="mac-spoofing-useless",
    severity=Severity.WARNING,
    check=check,
    doc=__doc__,
)
