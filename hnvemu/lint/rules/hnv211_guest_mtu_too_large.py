"""A guest sends packets that do not fit the provider network once they are encapsulated.

## Why it matters
NVGRE takes 42 octets and leaves 1458 of 1500; the host drops what is longer, and tells nobody.
Connections open and small requests work, and the first large answer never comes. Windows guests
lower their MTU by themselves; Linux and other guests do not.

## Example
```yaml
virtual_networks:
  blue:
    vms:
      D: {host: H1, vsid: 5001, mac: 02-00-00-00-01-0D, ca: 10.0.1.13, guest: linux}
```

## Instead
Lower the MTU in the guest, and say so with `mtu` at the VM, or give the provider network a larger
MTU and say so with `provider_mtu` at its hosts. The finding is at the first such VM of a host. VMs
whose virtual network is on one host alone are not encapsulated and have no finding; Windows guests
of HNVv2 are HNV212.

## How sure
Documented: the numbers, the guests that adapt themselves, and that others lose packets.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu.findings import Note
from hnvemu.lint.mtu import oversized
from hnvemu.lint.rule import Problem, Rule, Severity
from hnvemu.model.policy import Profile
from hnvemu.model.topology import Guest
from hnvemu.trace.outcome import Reason

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hnvemu.lint.mtu import Oversized
    from hnvemu.lint.subject import Subject


def check(subject: Subject) -> Iterator[Problem]:
    """Report the first such guest of every host."""
    of_host: dict[str, list[Oversized]] = {}
    is_v2 = subject.profile is Profile.HNVV2
    for each in oversized(subject):
        if not (is_v2 and each.port.guest is Guest.WINDOWS):
            of_host.setdefault(each.host.name, []).append(each)
    for found in of_host.values():
        first = found[0]
        more = f" and {len(found) - 1} more" if len(found) > 1 else ""
        yield Problem(
            message=f"'{first.port}'{more} may send {first.size} octets, and encapsulation leaves"
            f" {first.limit} on host '{first.host.name}'",
            origin=first.port.origin,
            related=(Note(f"the host's MTU is {first.host.mtu}", first.host.origin),),
            help=f"set the guest's MTU to {first.limit}, or raise that of the provider network to"
            f" {first.size + first.host.mtu - first.limit} at least:"
            " Set-NetAdapterAdvancedProperty -RegistryKeyword *JumboPacket",
        )


RULE = Rule(
    code="HNV211",
    slug="guest-mtu-too-large",
    severity=Severity.ERROR,
    check=check,
    doc=__doc__,
    effect=Reason.MTU_EXCEEDED,
)
