"""Which guests send packets that their host cannot encapsulate."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from hnvemu.model.policy import Profile
from hnvemu.model.topology import Guest
from hnvemu.tables.provider import ENCAPSULATIONS
from hnvemu.wire.encapsulation import overhead

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hnvemu.lint.subject import Subject
    from hnvemu.model.provider import Host
    from hnvemu.model.topology import VmPort

_ETHERNET = 1500


class Oversized(NamedTuple):
    """A guest, what it sends, and what its host can carry; octets of IP packet."""

    host: Host
    port: VmPort
    size: int
    limit: int


def oversized(subject: Subject) -> Iterator[Oversized]:
    """Yield the guests that send more than fits, if anything of theirs leaves the host."""
    encapsulation = ENCAPSULATIONS[subject.profile]
    owners: dict[str, dict[int, set[str]]] = {}
    for domain, pas in subject.pas_of_domain.items():
        of_family = owners.setdefault(domain, {})
        for pa in pas:
            of_family.setdefault(pa.version, set()).update(host for host, _ in subject.owners[pa])
    for port in subject.policy.ports.values():
        size, rdid = _size(port, subject.profile), subject.common.rd_of(port.vsid)
        if size is None or rdid is None:
            continue
        host = subject.policy.hosts[port.host]
        limits = [
            host.mtu - overhead(encapsulation, version)
            for version, hosts in owners.get(rdid, {}).items()
            if len(hosts) > (host.name in hosts)
        ]
        if limits and size > min(limits):
            yield Oversized(host, port, size, min(limits))


def _size(port: VmPort, profile: Profile) -> int | None:
    """Return the longest packet that a guest sends; None: what its host can carry (ENC-10)."""
    if port.mtu is not None:
        return port.mtu
    # HNVv2 leaves guests at 1500 and wants a larger provider network: ENC-21.
    adapts = port.guest is Guest.WINDOWS and profile is not Profile.HNVV2
    return None if adapts else _ETHERNET
