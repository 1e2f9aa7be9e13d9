"""Records and ports as rules ask for them: which port a record is about, and what keeps it off.

Rules of the file: a record has one fault at most, so that rules never report one mistake twice;
nothing is asked of pairs of records or ports.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hnvemu.lint.subject import Subject
    from hnvemu.model.records import LookupRecord
    from hnvemu.model.topology import VmPort

_GROUP_BIT = 1 << 40
_VIRTUAL_MACS = (
    # Shift, what is left of the MAC, and whose it is.
    (8, 0x00_00_5E_00_01, "VRRP"),  # RFC 9568
    (8, 0x00_00_5E_00_02, "VRRP"),
    (8, 0x00_00_0C_07_AC, "HSRP"),  # RFC 2281
    (12, 0x00_00_0C_9F_F, "HSRP"),
    (12, 0x00_05_73_A0_0, "HSRP"),
    (32, 0x02_BF, "a load balancing cluster"),
)


class Misfit(Enum):
    """Why no port has a record's VSID and MAC, in the order in which it is looked for."""

    VSID = auto()
    """The port with the MAC is in another virtual subnet."""
    OFF = auto()
    """The port with the MAC has VSID 0."""
    MAC = auto()
    """The port with the address has another MAC."""
    NOBODY = auto()
    """No port has the MAC, nor the address."""


class Stray(NamedTuple):
    """A record whose VSID and MAC no port has."""

    record: LookupRecord
    misfit: Misfit
    port: VmPort | None
    """The port that it is probably about; None where there is none."""


def strays(subject: Subject) -> Iterator[Stray]:
    """Yield the records that no port answers to, each VSID, CA and MAC once.

    Groups, the ``.1`` addresses and MACs that no adapter can have are nobody's by right. A mapping
    that a multi-tenant gateway lacks is HNV122.
    """
    of_mac: dict[int, list[VmPort]] = {}
    for port in subject.policy.ports.values():
        of_mac.setdefault(port.mac, []).append(port)
    placed = {
        (record.vsid, record.ca)
        for record in subject.policy.records
        if record.names_a_host and (record.vsid, record.mac) in subject.ports_of_mac
    }
    seen: set[tuple[object, ...]] = set()
    for record in subject.known_records:
        key = record.vsid, record.ca, record.mac
        if (record.vsid, record.mac) in subject.ports_of_mac or key in seen:
            continue
        seen.add(key)
        # Where two records claim an address, and one has the MAC of a port, the other is HNV006.
        is_rival = record.names_a_host and (record.vsid, record.ca) in placed
        if is_rival or not _is_of_vm(subject, record):
            continue
        ports = of_mac.get(record.mac, [])
        if not any(port.trunk for port in ports):
            yield _stray(subject, record, ports)


def _stray(subject: Subject, record: LookupRecord, ports: list[VmPort]) -> Stray:
    rdid, networks = subject.common.rd_of(record.vsid), subject.policy.networks
    for port in ports:
        if rdid is None or networks[port.network].rdid == rdid:
            return Stray(record, Misfit.VSID if port.vsid else Misfit.OFF, port)
    if record.names_a_host:
        for port in subject.ports_of_address.get((record.vsid, record.ca), ()):
            return Stray(record, Misfit.MAC, port)
    return Stray(record, Misfit.NOBODY, None)


def _is_of_vm(subject: Subject, record: LookupRecord) -> bool:
    """Whether a record is meant for a VM, and can be used."""
    if record.unusable or record.unsynchronized or subject.is_router(record):
        return False
    if record.ca.is_multicast or record.pa.is_multicast:
        return False
    return record.mac != 0 and not record.mac & _GROUP_BIT


def redundancy_protocol(mac: int) -> str | None:
    """Say which protocol moves a MAC from machine to machine; None for an adapter's own."""
    return next((name for shift, start, name in _VIRTUAL_MACS if mac >> shift == start), None)
