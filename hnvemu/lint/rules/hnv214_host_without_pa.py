"""A host has VMs of a virtual network and no provider address.

## Why it matters
Without one the host can neither encapsulate nor receive, and no record can say where its VMs are:
none is generated for them. They cannot send even to each other.

## Example
```yaml
hosts:
  H3: {}
virtual_networks:
  blue:
    vms:
      D: {host: H3, vsid: 5001, mac: 02-00-00-00-01-0D, ca: 10.0.1.13}
```

## Instead
Give the host a provider address in the prefix of the others, or with provider routes both ways.
Records of a virtual network on a host that has none of its VMs do no harm.

## How sure
Documented: a host has to own a provider address to send or receive.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.findings import Note
from hnvemu.lint.rule import Problem, Rule, Severity
from hnvemu.trace.outcome import Reason

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hnvemu.lint.subject import Subject


def check(subject: Subject) -> Iterator[Problem]:
    """Report every such host, with its first VM."""
    for host in subject.policy.hosts.values():
        ports = [port for port in subject.ports_of_host.get(host.name, ()) if port.vsid]
        if ports and not host.addresses:
            more = f" and {len(ports) - 1} more" if len(ports) > 1 else ""
            yield Problem(
                message=f"host '{host.name}' has no provider address for '{ports[0]}'{more}",
                origin=host.origin,
                related=(Note(f"'{ports[0]}' is here", ports[0].origin),),
                help="New-NetVirtualizationProviderAddress -ProviderAddress … -PrefixLength …"
                " -InterfaceIndex …",
            )


RULE = Rule(
    code="HNV214",
    slug="host-without-pa",
    severity=Severity.ERROR,
    check=check,
    doc=__doc__,
    effect=Reason.SRC_RECORD_MISSING,
)
