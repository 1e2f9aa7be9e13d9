"""A routing domain's id is not a GUID in braces.

## Why it matters
The RDID names the virtual network on every host. Cmdlets refuse text that is no GUID. One without
its braces can be meant, and hnvemu puts them there, but a script that passes it on as it is written
does not say what Windows prints.

## Example
```yaml
virtual_networks:
  blue:
    rdid: aaaaaaaa-0000-0000-0000-000000000001
```

## Instead
Write `"{aaaaaaaa-0000-0000-0000-000000000001}"`, in quotes, because braces mean something in YAML.
What is no GUID cannot be read, and that error has the number of this rule; missing braces are a
warning.

## How sure
Documented: the parameter is a GUID, and every sample has it in braces.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.lint.rule import Problem, Rule, SetKey, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hnvemu.lint.subject import Subject


def check(subject: Subject) -> Iterator[Problem]:
    """Report missing braces: the reader refuses everything else."""
    for network in subject.policy.networks.values():
        if network.bare_rdid:
            yield Problem(
                message=f"the RDID of virtual network '{network.name}' has no braces:"
                f" Windows writes {network.rdid}",
                origin=network.origin,
                help=f'write "{network.rdid}", with the quotes',
                severity=Severity.WARNING,
                mends=(SetKey(network.origin, "rdid", network.rdid),),
            )


RULE = Rule(
    code="HNV004",
    slug="rdid-not-a-guid",
    severity=Severity.ERROR,
    check=check,
    doc=__doc__,
)
