"""Ports with equal rules share their lists, and no rule leaks from one port to another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from properties import strategies

from hnvemu import Fabric, read_flow
from hnvemu.addresses import MacAddress, parse_address
from hnvemu.model.acl import Mechanism
from hnvemu.trace.steps import AclAllowed, AclDefaulted, AclDenied, AclUnmatched, SessionOpened
from hnvemu.wire.build import build_frame

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from hnvemu.tables.acl import Filter
    from hnvemu.trace.steps import Step
    from hnvemu.wire.flow import Flow

MACS = {"A": "02-00-00-00-00-01", "B": "02-00-00-00-00-02", "C": "02-00-00-00-00-03"}


@pytest.fixture
def fabric(tmp_path: Path) -> Callable[..., Fabric]:
    """Compile a policy of A and B in one subnet and C in another, with some lists."""

    def compiled(**lists: Any) -> Fabric:
        vms = {
            "A": {"vsid": 5001, "ca": "10.0.1.10"},
            "B": {"vsid": 5001, "ca": "10.0.1.11", "network_profile": "public"},
            "C": {"vsid": 5002, "ca": "10.0.2.10"},
        }
        document = {
            "hnv": 1,
            "hosts": {"H1": {"provider_addresses": ["192.168.10.11/24"]}},
            "virtual_networks": {
                "T": {
                    "rdid": "{aaaaaaaa-0000-0000-0000-000000000001}",
                    "customer_routes": [
                        {"prefix": "10.0.1.0/24", "next_hop": "on-link", "vsid": 5001},
                        {"prefix": "10.0.2.0/24", "next_hop": "on-link", "vsid": 5002},
                    ],
                    "vms": {
                        name: {"host": "H1", "mac": MACS[name], **vm} for name, vm in vms.items()
                    },
                }
            },
            **lists,
        }
        return Fabric.compile(strategies.loaded(document, tmp_path))

    return compiled


def inbound(fabric: Fabric, vm: str, mechanism: Mechanism = Mechanism.FIREWALL) -> Filter:
    """Return a list of a VM's port for the packets that it receives."""
    lists = fabric.tables.receiving(fabric.policy.ports[f"T/{vm}"]).inbound
    return next(each for each in lists if each.mechanism is mechanism)


def packet(src: str = "10.0.1.12", dst_mac: str = MACS["A"], dst_port: int = 80) -> Flow:
    return read_flow(
        build_frame(
            src_mac=MacAddress(0x0200_0000_0009),
            dst_mac=MacAddress.parse(dst_mac),
            src=parse_address(src),
            dst=parse_address("10.0.1.10"),
            protocol=6,
            src_port=49152,
            dst_port=dst_port,
        )
    )


def answers(fabric: Fabric, flow: Flow, mechanism: Mechanism = Mechanism.FIREWALL) -> list[Step]:
    """Return what the lists of A, B and C say of one packet."""
    return [inbound(fabric, vm, mechanism).find(flow) for vm in "ABC"]


def test_ports_with_equal_rules_share_a_list_and_name_themselves(
    fabric: Callable[..., Fabric],
) -> None:
    rule = {"name": "web", "direction": "inbound", "action": "block", "local_port": 80}
    compiled = fabric(firewall={"rules": [{**rule, "protocol": "tcp"}]})

    a, _, c = answers(compiled, packet())

    assert inbound(compiled, "A").shared is inbound(compiled, "C").shared
    assert isinstance(a, AclDenied)
    assert isinstance(c, AclDenied)
    assert (a.port.name, c.port.name) == ("T/A", "T/C")
    assert a.rule is c.rule


@pytest.mark.parametrize("vms", [["B"], ["T/B"], ["[B]"], ["T/B*", "B"]])
def test_a_rule_with_vms_is_for_them_alone(fabric: Callable[..., Fabric], vms: list[str]) -> None:
    rule = {"name": "b", "vms": vms, "direction": "inbound", "action": "block"}
    compiled = fabric(firewall={"rules": [rule]})

    kinds = [type(step) for step in answers(compiled, packet())]

    assert kinds == [AclDefaulted, AclDenied, AclDefaulted]


def test_rules_of_several_selectors_keep_the_order_of_the_policy(
    fabric: Callable[..., Fabric],
) -> None:
    rules = [
        {"name": "first of B", "vms": ["B"], "direction": "inbound", "action": "block"},
        {"name": "of all", "direction": "inbound", "action": "block"},
        {"name": "second of B", "vms": ["B"], "direction": "inbound", "action": "block"},
    ]
    compiled = fabric(firewall={"rules": rules})

    named = [entry.step.rule.name for entry in inbound(compiled, "B").entries]  # type: ignore[union-attr]  # all are evaluated

    assert named == ["first of B", "of all", "second of B"]
    assert [step.rule.name for step in answers(compiled, packet())] == [  # type: ignore[union-attr]  # all deny
        "of all",
        "first of B",
        "of all",
    ]


def test_a_default_of_some_vms_is_no_other_ports(fabric: Callable[..., Fabric]) -> None:
    compiled = fabric(firewall={"defaults": [{"vms": ["C"], "inbound": "block"}]})

    assert [step.ends for step in answers(compiled, packet())] == [False, False, True]


def test_a_profile_decides_port_by_port(fabric: Callable[..., Fabric]) -> None:
    rule = {"name": "p", "direction": "inbound", "action": "block", "profile": ["public"]}
    compiled = fabric(firewall={"rules": [rule]})

    assert [step.ends for step in answers(compiled, packet())] == [False, True, False]


def test_keywords_mean_what_they_mean_at_each_port(fabric: Callable[..., Fabric]) -> None:
    rule = {"name": "own", "direction": "inbound", "remote_address": "LocalSubnet"}
    compiled = fabric(firewall={"rules": [{**rule, "action": "block"}]})

    assert [step.ends for step in answers(compiled, packet("10.0.1.12"))] == [True, True, False]
    assert [step.ends for step in answers(compiled, packet("10.0.2.12"))] == [False, False, True]
    assert inbound(compiled, "A").shared is not inbound(compiled, "C").shared


def test_an_entry_for_one_vsid_is_in_no_other_ports_list(fabric: Callable[..., Fabric]) -> None:
    common = {"direction": "inbound", "action": "deny", "protocol": "tcp"}
    acls = [
        {**common, "weight": 1, "local_port": 443},
        {**common, "weight": 2, "isolation_id": 5002},
    ]
    compiled = fabric(extended_acls=acls)

    kinds = [type(step) for step in answers(compiled, packet(), Mechanism.EXTENDED)]

    assert kinds == [AclUnmatched, AclUnmatched, AclDenied]


def test_a_local_mac_is_compared_with_each_ports_own(fabric: Callable[..., Fabric]) -> None:
    acl = {"direction": "inbound", "action": "deny", "local": MACS["A"]}
    compiled = fabric(profile="hnvv2", port_acls=[acl])

    # The sender may have addressed its router: HNV writes the MAC of the port.
    flow = packet(dst_mac="02-00-00-FF-FF-01")

    assert [step.ends for step in answers(compiled, flow, Mechanism.PORT)] == [True, False, False]


def test_datacenter_acls_of_some_vms_leave_the_others_blocked(
    fabric: Callable[..., Fabric],
) -> None:
    common = {"name": "web", "direction": "inbound", "action": "allow", "priority": 1}
    compiled = fabric(profile="hnvv2", datacenter_acls=[{**common, "vms": ["A", "B"]}])

    steps = answers(compiled, packet(), Mechanism.DATACENTER)

    assert [step.ends for step in steps] == [False, False, True]
    lists = [inbound(compiled, vm, Mechanism.DATACENTER).shared for vm in "AB"]
    assert lists[0] is lists[1]


def test_sessions_are_opened_at_the_port_that_admits(fabric: Callable[..., Fabric]) -> None:
    rule = {"name": "in", "direction": "inbound", "action": "allow"}
    compiled = fabric(firewall={"defaults": {"outbound": "block"}, "rules": [rule]})

    a, _, c = answers(compiled, packet())

    assert isinstance(a, AclAllowed)
    assert isinstance(a.onward, SessionOpened)
    assert (a.onward.port.name, c.onward.port.name) == ("T/A", "T/C")
