"""A provider address that records lead to is not in the state Preferred.

## Why it matters
A host uses a provider address once the network has confirmed that nobody else has it. Until then,
or when it is a duplicate or on its way out, the host does not take packets for it.

## Example
```yaml
hosts:
  H3: {provider_addresses: [{address: 192.168.10.13/24, state: tentative}]}
virtual_networks:
  blue:
    vms:
      D: {host: H3, vsid: 5001, mac: 02-00-00-00-01-0D, ca: 10.0.1.13}
```

## Instead
Tentative passes by itself; a policy that was exported too early has it. For a duplicate find the
other owner (where the policy has it, HNV202 speaks). Move records away from a deprecated address.
An address that no record leads to may be in any state.

## How sure
The states are documented. That only a preferred address receives is inferred.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.findings import Note
from hnvemu.lint.rule import Problem, Rule, Severity
from hnvemu.model.provider import AddressState
from hnvemu.trace.outcome import Reason

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hnvemu.addresses import IPAddress
    from hnvemu.lint.subject import Subject
    from hnvemu.model.records import LookupRecord


def check(subject: Subject) -> Iterator[Problem]:
    """Report every such address, with the first record that leads to it."""
    used: dict[IPAddress, LookupRecord] = {}
    for record in subject.records:
        if not subject.is_router(record):
            used.setdefault(record.pa, record)
    for address, record in used.items():
        owners = subject.owners.get(address, [])
        for host, pa in owners:
            is_told = pa.state is AddressState.DUPLICATE and len(owners) > 1  # HNV202
            if pa.state is AddressState.PREFERRED or is_told:
                continue
            yield Problem(
                message=f"provider address {address} of host '{host}' is {pa.state}, and {record}"
                " leads to it",
                origin=pa.origin,
                related=(Note("the record is here", record.origin),),
                help="Get-NetVirtualizationProviderAddress tells the state now; lead records to"
                " a preferred address with Set-NetVirtualizationLookupRecord -ProviderAddress",
            )


RULE = Rule(
    code="HNV204",
    slug="pa-not-preferred",
    severity=Severity.ERROR,
    check=check,
    doc=__doc__,
    effect=Reason.PA_NOT_LOCAL,
)
