"""What if: the same network after a change that nobody has made.

Two kinds of change. One is written: an edit of the policy's text, so that everything that follows
from it, generated records above all, follows. The other is what a policy does not say: a VM on its
way, hosts that have not heard of it, hosts that are down. Nothing is ever written to a file.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from hnvemu.analysis.impact import gains, impact, loses
from hnvemu.errors import QuestionError
from hnvemu.model.policy import HostView, Snapshot
from hnvemu.reader.generate import provider_address_of
from hnvemu.reader.report import near_or_known
from hnvemu.tables.sessions import NO_SESSIONS
from hnvemu.trace.explanation import Ending
from hnvemu.trace.what_if import WhatIf
from hnvemu.value import replace

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from hnvemu.model.policy import Policy
    from hnvemu.model.provider import Host
    from hnvemu.model.records import LookupRecord
    from hnvemu.model.topology import VmPort
    from hnvemu.switch.fabric import Fabric
    from hnvemu.tables.sessions import Sessions
    from hnvemu.trace.trace import Trace

_LARGEST_MTU = 0xFFFF


def what_if(
    policy: Policy,
    *,
    migrate: Mapping[str, str] | None = None,
    stale: Collection[str] = (),
    down: Collection[str] = (),
    mtu: int | None = None,
    before: Policy | None = None,
) -> Policy:
    """Return the policy as it would be after all these changes.

    Args:
        policy: As it is, or with its text edited already.
        migrate: Hosts by the VMs that move there. The manager does its complete job: the VM's
            ports move, and every lookup record with the VSID and MAC of one of them gets the
            new host's provider address (MOB-1). What host views override stays.
        stale: Hosts that know what they knew ``before``: its records and routes (MOB-2).
        down: Hosts whose provider addresses and ports are gone; records of them stay.
        mtu: MTU of every host's provider network, in octets of IP packet.
        before: The policy before the change; by default ``policy``.

    Raises:
        QuestionError: There is no such VM or host, or a record could not lead to the VM.
    """
    if not (migrate or stale or down) and mtu is None:
        return policy
    changed = policy
    for vm, host in (migrate or {}).items():
        changed = migrated(changed, vm, host)
    hosts = dict(changed.hosts)
    for name in down:
        hosts[name] = replace(_host(changed, name), down=True)
    if mtu is not None:
        if not 0 <= mtu <= _LARGEST_MTU:
            raise QuestionError(f"{mtu} is no MTU", f"0 to {_LARGEST_MTU}")
        hosts = {name: replace(host, mtu=mtu) for name, host in hosts.items()}
    changed = replace(changed, hosts=hosts, views=_views(changed, before or policy, stale))
    said = repr((sorted((migrate or {}).items()), sorted(stale), sorted(down), mtu))
    # The digest of the files must not stand for what is in none of them.
    digest = hashlib.sha256(f"{policy.sha256} {said}".encode())
    return replace(changed, sha256=digest.hexdigest())


def migrated(policy: Policy, vm: str, host: str) -> Policy:
    """Return the policy after a VM has moved and every host has heard of it (MOB-1).

    Raises:
        QuestionError: There is no such VM or host, or the host has no provider address.
    """
    ports = ports_of_vm(policy, vm)
    target = _host(policy, host)
    if not target.addresses:
        raise QuestionError(
            f"'{vm}' cannot be reached on '{host}'", "the host has no provider address"
        )
    moved = {port.name for port in ports}
    keys = {(port.vsid, port.mac) for port in ports}
    return replace(
        policy,
        ports={
            name: replace(port, host=host) if name in moved else port
            for name, port in policy.ports.items()
        },
        records=tuple(
            _repointed(record, target) if (record.vsid, record.mac) in keys else record
            for record in policy.records
        ),
    )


def ports_of_vm(policy: Policy, vm: str) -> tuple[VmPort, ...]:
    """Return the ports of the VM called ``T/A``, or ``A`` where one virtual network has it.

    Raises:
        QuestionError: No VM or more than one has that name.
    """
    by_vm: dict[str, list[VmPort]] = {}
    for port in policy.ports.values():
        by_vm.setdefault(_vm_of(port), []).append(port)
    full = [name for name in by_vm if vm and vm in (name, name.partition("/")[2])]
    if len(full) == 1:
        return tuple(by_vm[full[0]])
    if full:
        raise QuestionError(f"'{vm}' names more than one VM", f"write {' or '.join(sorted(full))}")
    if vm in policy.ports or any(port.partition("/")[2] == vm for port in policy.ports):
        raise QuestionError(
            f"'{vm}' is one adapter, and a VM moves with all that it has",
            f"write {vm.partition(':')[0]}",
        )
    names = [*by_vm, *filter(None, (name.partition("/")[2] for name in by_vm))]
    raise QuestionError(f"no VM is named '{vm}'", near_or_known(vm, names))


def _vm_of(port: VmPort) -> str:
    """Return the full name of a port's VM; a multi-tenant gateway has no virtual network."""
    return (port.trunk or port.name).partition(":")[0]


def _repointed(record: LookupRecord, host: Host) -> LookupRecord:
    pa = provider_address_of(host, record.ca.version)
    return record if pa is None else replace(record, pa=pa)


def _views(policy: Policy, before: Policy, stale: Iterable[str]) -> Mapping[str, HostView]:
    """Return the views of hosts, of which some are those of an earlier time."""
    views = dict(policy.views)
    snapshot = Snapshot(before.records, before.routes)
    for name in stale:
        _host(policy, name)
        known = before.views.get(name) or HostView(host=name)
        views[name] = replace(known, snapshot=snapshot)
    return views


def _host(policy: Policy, name: str) -> Host:
    if name not in policy.hosts:
        raise QuestionError(f"no host is named '{name}'", near_or_known(name, policy.hosts))
    return policy.hosts[name]


def compare(
    before: Fabric,
    after: Fabric,
    trace: Trace,
    *,
    was: Trace | None,
    supposed: tuple[str, ...],
    diff: str = "",
    moved: Collection[str] = (),
    sessions: Sessions | None = NO_SESSIONS,
) -> WhatIf:
    """Return whom a change concerns, besides the packet that was asked about.

    Args:
        before: The fabric without the change.
        after: The fabric with it.
        trace: The packet's trace on ``after``.
        was: The packet's trace on ``before``, if it could be asked there.
        supposed: What was supposed, in words.
        diff: What that means for the policy's texts.
        moved: VMs whose packets are compared before those of others.
        sessions: As in :meth:`hnvemu.Fabric.send`, for all packets that are compared.
    """
    ends = {trace.at, trace.receiver or "", was.receiver or "" if was is not None else ""}
    ends |= {port.name for vm in moved for port in ports_of_vm(after.policy, vm)}
    found = impact(before, after, trace.flow, first=ends, sessions=sessions)
    cut_off = tuple(changed for changed in found.changed if loses(changed))
    let_in = tuple(changed for changed in found.changed if gains(changed))
    others = tuple(found.changed[len(cut_off) + len(let_in) :])
    ending = None if was is None else Ending(was.outcome, was.reason, was.hops[-1].node)
    return WhatIf(
        supposed=supposed,
        diff=diff,
        before=ending,
        cut_off=cut_off,
        let_in=let_in,
        changed=others,
        compared=found.compared,
        pairs=found.total,
    )
