"""Two hosts have the same provider address.

## Why it matters
The provider network delivers to one of the two, whichever answered last, and packets for VMs on the
other are lost. A host that asks finds its own address and does not even send. hnvemu delivers to
the first of the policy.

## Example
```yaml
hosts:
  H3: {provider_addresses: 192.168.10.12/24}
```

## Instead
Give each host an address of its own, and repoint the records of its VMs. An address that stands
twice at one host is found too: the second is refused there.

## How sure
Documented: a provider address has exactly one owner. Windows finds the duplicate and marks it,
which is HNV204.
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
    """Report every place of an address but the first."""
    for address, owners in subject.owners.items():
        (first, known), *others = owners
        for host, pa in others:
            message = f"host '{host}' has provider address {address}, as host '{first}' has"
            if host == first:
                message = f"host '{host}' has provider address {address} twice"
            yield Problem(
                message=message,
                origin=pa.origin,
                related=(Note(f"'{first}' has it here", known.origin),),
                help="remove it from one of the two, where it is the wrong one:"
                f" Remove-NetVirtualizationProviderAddress -ProviderAddress {address}",
            )


RULE = Rule(
    code="HNV202",
    slug="pa-on-two-hosts",
    severity=Severity.ERROR,
    check=check,
    doc=__doc__,
    effect=Reason.NO_PORT,
)
