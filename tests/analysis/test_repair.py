from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, get_args

import pytest

from hnvemu import Fabric, Profile
from hnvemu.analysis.question import Question, ask
from hnvemu.analysis.repair import _BAD, _OF_LISTS, _STAGES, repair
from hnvemu.analysis.what_if import what_if
from hnvemu.reader.edit import Append, Delete, Edit, PolicyText, Put
from hnvemu.trace.explanation import Blocker, Ending
from hnvemu.trace.outcome import Outcome, Reason
from hnvemu.trace.steps import Step

if TYPE_CHECKING:
    from collections.abc import Callable

SAMPLE = Path(__file__).parents[2] / "policies" / "complex-routing.yaml"
T = ("virtual_networks", "T")
RULES = ("firewall", "rules")
X_RECORD = {"ca": "10.1.2.20", "vsid": 5003, "mac": "02-00-00-00-02-14", "pa": "192.168.10.12"}
X_KEY = "-CustomerAddress '10.1.2.20' -VirtualSubnetID 5003 -MACAddress '02-00-00-00-02-14'"
RDID = "-RoutingDomainID '{aaaaaaaa-0000-0000-0000-000000000001}'"


class Repaired(NamedTuple):
    blockers: tuple[Blocker, ...]
    mended: Ending | None

    @property
    def reasons(self) -> list[tuple[Reason, str]]:
        return [(blocker.reason, blocker.node) for blocker in self.blockers]

    @property
    def lines(self) -> list[list[str]]:
        """What each fix changes, without the white space around it."""
        return [
            [
                line[0] + line[1:].strip()
                for line in blocker.fix.diff.splitlines()[2:]
                if line[0] in "+-"
            ]
            for blocker in self.blockers
            if blocker.fix is not None
        ]

    @property
    def summaries(self) -> list[str]:
        return [blocker.fix.summary for blocker in self.blockers if blocker.fix is not None]

    @property
    def commands(self) -> list[str]:
        fixes = [blocker.fix for blocker in self.blockers if blocker.fix is not None]
        return [command for fix in fixes for command in fix.cmdlets]

    @property
    def hosts(self) -> list[tuple[str, ...]]:
        return [blocker.fix.hosts for blocker in self.blockers if blocker.fix is not None]

    @property
    def advice(self) -> list[str]:
        return [blocker.advice for blocker in self.blockers if blocker.fix is None]

    @property
    def outcome(self) -> Outcome | None:
        return None if self.mended is None else self.mended.outcome


@pytest.fixture
def repaired() -> Callable[..., Repaired]:
    """Edit the sample, send a packet, and repair what stops it."""

    def build(
        *edits: Edit,
        source: str = "A",
        destination: str | None = "X",
        service: str | None = "tcp/80",
        profile: str = "transparent",
        **question: Any,
    ) -> Repaired:
        text = PolicyText.read(SAMPLE).edited(edits)

        def rebuild(edited: PolicyText) -> Fabric:
            return Fabric.compile(edited.policy(), profile=Profile(profile))

        fabric = rebuild(text)
        asked = Question(source=source, destination=destination, service=service, **question)
        return Repaired(*repair(fabric, ask(fabric, asked), text, rebuild))

    return build


def on_wire(source: str = "A", destination: str = "X") -> bytes:
    fabric = Fabric.compile(PolicyText.read(SAMPLE).policy())
    return ask(fabric, Question(source=source, destination=destination)).wire[0].frame


def sent_by_guest(**question: Any) -> bytes:
    fabric = Fabric.compile(PolicyText.read(SAMPLE).policy())
    return ask(fabric, Question(source="A", destination="X", **question)).frame


# ---------------------------------------------------------------------------------------------
# All blockers


def test_a_packet_that_arrives_has_no_blockers(repaired: Callable[..., Repaired]) -> None:
    assert repaired() == ((), None)


def test_every_blocker_to_the_end_of_the_way_is_found(repaired: Callable[..., Repaired]) -> None:
    found = repaired(
        Put(("firewall", "defaults"), {"inbound": "block", "outbound": "block"}),
        Put(
            ("host_views", "H1"),
            {
                "without_lookup_records": [{"ca": "10.1.2.20", "vsid": 5003}],
                "without_customer_routes": [{"virtual_network": "T", "prefix": "10.1.2.0/24"}],
            },
        ),
        Delete((*T, "customer_routes", 3)),
        Put(("hosts", "H2", "provider_addresses", 0), "192.168.10.12/24"),
        Put(("hosts", "H1", "provider_mtu"), 60),
    )

    assert found.reasons == [
        (Reason.ACL_DENY_OUT, "H1"),
        (Reason.ROUTE_MISSING, "H1"),
        (Reason.DST_RECORD_MISSING, "H1"),
        (Reason.MTU_EXCEEDED, "H1"),
        (Reason.ACL_DENY_IN, "H2"),
    ]
    assert found.mended == Ending(Outcome.DELIVERED, None, "H2")


def test_a_wider_route_is_mended_before_what_stops_packets_there(
    repaired: Callable[..., Repaired],
) -> None:
    found = repaired(
        Put(RULES, [{"name": "closed", "action": "block", "vms": ["GW", "X"]}]),
        Delete((*T, "customer_routes", 2)),
    )

    assert found.reasons == [(Reason.ACL_DENY_IN, "H3"), (Reason.ACL_DENY_IN, "H2")]
    assert found.lines[0] == ["+- {prefix: 10.1.2.0/24, next_hop: on-link, vsid: 5003}"]
    assert found.mended == Ending(Outcome.DELIVERED, None, "H2")


def test_a_blocker_that_the_fix_of_another_mends_has_none_of_its_own(
    repaired: Callable[..., Repaired],
) -> None:
    found = repaired(
        Put((*T, "lookup_records"), [X_RECORD]),
        Put((*T, "generate_lookup_records"), value=False),
        Put((*T, "vms", "A", "vsid"), 5010),
    )

    assert found.reasons == [
        (Reason.SRC_RECORD_MISSING, "H1"),
        (Reason.ROUTE_MISSING, "H1"),
        (Reason.SRC_RECORD_MISSING, "H1"),
    ]
    assert found.advice == ["what mends another blocker mends this too"]
    assert "A: {host: H1, vsid: 5001" in found.lines[0][1]
    assert "{ca: 10.0.1.10, vsid: 5001" in found.lines[1][1]
    assert found.outcome is Outcome.DELIVERED


def test_fixes_say_what_else_they_open(repaired: Callable[..., Repaired]) -> None:
    found = repaired(
        Put(
            ("host_views", "H1"),
            {"without_lookup_records": [{"ca": "10.1.2.20", "vsid": 5003}]},
        )
    )

    (blocker,) = found.blockers
    assert blocker.fix is not None
    assert blocker.fix.compared > 10
    opened = {(changed.source, changed.destination) for changed in blocker.fix.opens}
    assert {("T/C", "T/X"), ("T/Y", "T/X"), ("T/X", "T/A")} <= opened
    assert ("T/A", "T/X") not in opened


def test_a_policy_without_text_has_blockers_without_fixes() -> None:
    text = PolicyText.read(SAMPLE).edited(
        [Put(("firewall", "defaults"), {"inbound": "block", "outbound": "block"})]
    )
    fabric = Fabric.compile(text.policy())
    trace = ask(fabric, Question(source="A", destination="X"))

    blockers, mended = repair(fabric, trace, None, lambda _: fabric)

    assert [(found.reason, found.fix) for found in blockers] == [(Reason.ACL_DENY_OUT, None)]
    assert mended is None


def test_an_established_conversation_stays_established() -> None:
    text = PolicyText.read(SAMPLE).edited(
        [
            Put(("firewall", "defaults"), {"inbound": "block", "outbound": "block"}),
            Delete(("hosts", "H1", "provider_routes")),
        ]
    )
    fabric = Fabric.compile(text.policy())
    frame = ask(fabric, Question(source="A", destination="8.8.8.8")).frame
    trace = fabric.send(frame, at="A", sessions=None)

    blockers, mended = repair(
        fabric, trace, text, lambda edited: Fabric.compile(edited.policy()), established=True
    )

    assert [found.reason for found in blockers] == [Reason.PHYS_ROUTE_MISSING]
    assert mended == Ending(Outcome.TO_GATEWAY, None, "H3")


def test_the_search_ends_where_nothing_mends(repaired: Callable[..., Repaired]) -> None:
    found = repaired(
        Put(("firewall", "defaults"), {"inbound": "block", "outbound": "block"}),
        destination="10.0.1.99",
    )

    assert found.reasons == [(Reason.ACL_DENY_OUT, "H1"), (Reason.DST_RECORD_MISSING, "H1")]
    assert found.advice == ["no VM of T has the address 10.0.1.99"]
    assert found.mended == Ending(Outcome.DROPPED, Reason.DST_RECORD_MISSING, "H1")


def test_the_copies_of_a_broadcast_are_mended_each(repaired: Callable[..., Repaired]) -> None:
    found = repaired(
        Put(RULES, [{"name": "closed", "action": "block", "vms": ["C"]}]),
        Put(
            ("hosts", "H2", "provider_addresses"),
            [{"address": "192.168.10.12/24", "state": "deprecated"}],
        ),
        destination="239.1.1.1",
        service="udp/9",
    )

    assert found.reasons == [(Reason.ACL_DENY_IN, "H1"), (Reason.PA_NOT_LOCAL, "H2")]
    assert found.mended == Ending(Outcome.REPLICATED, None, "H1")


def test_every_step_that_stops_a_packet_has_its_place() -> None:
    kinds = [kind for kind in get_args(Step) if kind.outcome in _BAD]

    assert kinds
    assert [kind for kind in kinds if kind not in _STAGES and kind not in _OF_LISTS] == []


# ---------------------------------------------------------------------------------------------
# The sender's record


def test_a_missing_source_record_is_added(repaired: Callable[..., Repaired]) -> None:
    found = repaired(
        Put((*T, "lookup_records"), [X_RECORD]), Put((*T, "generate_lookup_records"), value=False)
    )

    assert found.reasons == [(Reason.SRC_RECORD_MISSING, "H1")]
    assert found.lines == [
        [
            (
                "-lookup_records: [{ca: 10.1.2.20, vsid: 5003, mac: 02-00-00-00-02-14,"
                " pa: 192.168.10.12}]"
            ),
            (
                "+lookup_records: [{ca: 10.1.2.20, vsid: 5003, mac: 02-00-00-00-02-14,"
                " pa: 192.168.10.12}, {ca: 10.0.1.10, vsid: 5001, mac: 02-00-00-00-01-0A,"
                " pa: 192.168.10.11}]"
            ),
        ]
    ]
    assert found.commands == [
        (
            "New-NetVirtualizationLookupRecord -CustomerAddress '10.0.1.10' -VirtualSubnetID 5001"
            " -MACAddress '02-00-00-00-01-0A' -ProviderAddress '192.168.10.11'"
            " -Rule TranslationMethodEncap"
        )
    ]
    assert found.hosts == [()]


def test_t24_an_unknown_address_of_its_subnet_becomes_the_senders(
    repaired: Callable[..., Repaired],
) -> None:
    found = repaired(src_ip="10.0.1.50")

    assert found.reasons == [(Reason.SRC_RECORD_MISSING, "H1")]
    assert found.lines[0][1].endswith('ca: [10.0.1.10, "2001:db8:1::a", 10.0.1.50]}')
    assert found.outcome is Outcome.DELIVERED


def test_an_address_of_nowhere_is_the_packets_fault(repaired: Callable[..., Repaired]) -> None:
    found = repaired(Put(("firewall", "defaults"), {"inbound": "block"}), src_ip="172.16.0.9")

    assert found.reasons == [(Reason.SRC_RECORD_MISSING, "H1"), (Reason.ACL_DENY_IN, "H2")]
    assert found.advice == ["T/A may send from 10.0.1.10, and not from 172.16.0.9"]
    assert found.outcome is Outcome.DELIVERED


def test_t25_the_address_of_a_neighbour_is_the_packets_fault(
    repaired: Callable[..., Repaired],
) -> None:
    found = repaired(src_ip="10.0.1.11")

    assert found.reasons == [(Reason.SRC_MAC_MISMATCH, "H1")]
    assert found.advice == [
        "T/A may send from 10.0.1.10, and not from 10.0.1.11: 10.0.1.11 is the address of T/B"
    ]
    assert found.mended is None


def test_a_restarted_host_gets_back_what_it_lost(repaired: Callable[..., Repaired]) -> None:
    found = repaired(Put(("host_views", "H1"), {"restarted": "policy"}))

    assert found.reasons == [(Reason.SRC_RECORD_MISSING, "H1")]
    assert found.lines == [
        ["-host_views: {H1: {restarted: policy}}", "+host_views: {H1: {restarted: no}}"]
    ]
    assert found.hosts == [("H1",)]
    assert len(found.commands) == 30


def test_t09_a_gateway_without_wildcard_gets_one(repaired: Callable[..., Repaired]) -> None:
    found = repaired(
        Delete((*T, "vms", "GW", "gateway")), source="GW", destination="A", src_ip="8.8.8.8"
    )

    assert found.reasons == [(Reason.SRC_RECORD_MISSING, "H3")]
    assert found.lines == [["+gateway: true"]]
    assert found.commands[0] == (
        "New-NetVirtualizationLookupRecord -CustomerAddress '0.0.0.0' -VirtualSubnetID 5002"
        " -MACAddress '02-00-00-00-03-FA' -ProviderAddress '192.168.20.13'"
        " -Rule TranslationMethodEncap -Type GatewayWildcard -VMName 'GW'"
    )


def test_a_wrong_mac_in_the_senders_own_record_is_corrected(
    repaired: Callable[..., Repaired],
) -> None:
    found = repaired(
        Append(
            (*T, "lookup_records"),
            {"ca": "10.0.1.10", "vsid": 5001, "mac": "02-00-00-00-09-99", "pa": "192.168.10.11"},
        )
    )

    assert found.reasons == [(Reason.SRC_MAC_MISMATCH, "H1")]
    assert found.commands == [
        (
            "Remove-NetVirtualizationLookupRecord -CustomerAddress '10.0.1.10'"
            " -VirtualSubnetID 5001 -MACAddress '02-00-00-00-09-99'"
        ),
        (
            "New-NetVirtualizationLookupRecord -CustomerAddress '10.0.1.10' -VirtualSubnetID 5001"
            " -MACAddress '02-00-00-00-01-0A' -ProviderAddress '192.168.10.11'"
            " -Rule TranslationMethodEncap"
        ),
    ]


def test_t73_a_stale_pa_in_the_senders_own_record_is_repointed(
    repaired: Callable[..., Repaired],
) -> None:
    found = repaired(
        Put(
            ("host_views", "H1", "lookup_records"),
            [
                {"ca": "10.0.1.10", "vsid": 5001, "mac": "02-00-00-00-01-0A"}
                | {"pa": "192.168.10.12"}
            ],
        )
    )

    assert found.reasons == [(Reason.SRC_PA_MISMATCH, "H1")]
    assert found.lines[0][1].endswith("pa: 192.168.10.11}]}}")
    assert found.commands == [
        (
            "Set-NetVirtualizationLookupRecord -CustomerAddress '10.0.1.10' -VirtualSubnetID 5001"
            " -MACAddress '02-00-00-00-01-0A' -ProviderAddress '192.168.10.11'"
        )
    ]
    assert found.hosts == [("H1",)]


def test_t51_a_port_in_a_wrong_subnet_goes_back_to_its_own(
    repaired: Callable[..., Repaired],
) -> None:
    found = repaired(Put((*T, "vms", "B", "vsid"), 5010), source="B", destination="A")

    assert found.reasons == [(Reason.ROUTE_MISSING, "H2")]
    assert found.lines[0][1].startswith("+B: {host: H2, vsid: 5001,")
    assert found.commands[-1] == (
        "Set-VMNetworkAdapter -VMName 'B' -VirtualSubnetId 5001 -CimSession 'H2'"
    )
    assert found.hosts == [("H1",)]


# ---------------------------------------------------------------------------------------------
# Routes


def test_a_missing_route_to_a_vm_becomes_the_on_link_route_of_its_subnet(
    repaired: Callable[..., Repaired],
) -> None:
    found = repaired(Delete((*T, "customer_routes", 3)), Delete((*T, "customer_routes", 2)))

    assert found.reasons == [(Reason.ROUTE_MISSING, "H1")]
    assert found.lines == [["+- {prefix: 10.1.2.0/24, next_hop: on-link, vsid: 5003}"]]
    assert found.commands[-1] == (
        f"New-NetVirtualizationCustomerRoute {RDID} -VirtualSubnetID 5003"
        " -DestinationPrefix '10.1.2.0/24' -NextHop '0.0.0.0' -Metric 255"
    )


def test_a_missing_route_to_the_outside_becomes_a_default_route(
    repaired: Callable[..., Repaired],
) -> None:
    found = repaired(Delete((*T, "customer_routes", 3)), destination="8.8.8.8", service="udp/53")

    assert found.reasons == [(Reason.ROUTE_MISSING, "H1")]
    assert found.lines == [["+- {prefix: 0.0.0.0/0, next_hop: 10.0.2.250, vsid: 5002}"]]
    assert found.mended == Ending(Outcome.TO_GATEWAY, None, "H3")


def test_a_new_on_link_prefix_leaves_out_other_subnets(repaired: Callable[..., Repaired]) -> None:
    found = repaired(
        Delete((*T, "customer_routes", 3)),
        Delete((*T, "customer_routes", 2)),
        Append((*T, "vms", "A", "ca"), "10.1.2.200"),
    )

    assert found.lines == [["+- {prefix: 10.1.2.0/25, next_hop: on-link, vsid: 5003}"]]


def test_a_next_hop_off_link_gets_its_on_link_route(repaired: Callable[..., Repaired]) -> None:
    found = repaired(Delete((*T, "customer_routes", 1)), destination="8.8.8.8")

    assert found.reasons == [(Reason.NEXTHOP_NOT_ONLINK, "H1")]
    assert found.lines == [["+- {prefix: 10.0.2.0/24, next_hop: on-link, vsid: 5002}"]]


def test_t59_a_route_to_a_dot_one_is_pointed_to_the_gateway_vm(
    repaired: Callable[..., Repaired],
) -> None:
    found = repaired(Put((*T, "customer_routes", 3, "next_hop"), "10.0.2.1"), destination="8.8.8.8")

    assert found.reasons == [(Reason.GATEWAY_NOT_A_HOST, "H1")]
    assert found.commands == [
        (
            f"Remove-NetVirtualizationCustomerRoute {RDID} -VirtualSubnetID 5002"
            " -DestinationPrefix '0.0.0.0/0' -NextHop '10.0.2.1'"
        ),
        (
            f"New-NetVirtualizationCustomerRoute {RDID} -VirtualSubnetID 5002"
            " -DestinationPrefix '0.0.0.0/0' -NextHop '10.0.2.250' -Metric 255"
        ),
    ]


def test_t13_nobody_is_at_the_dot_one(repaired: Callable[..., Repaired]) -> None:
    found = repaired(destination="10.0.1.1")

    assert found.reasons == [(Reason.GATEWAY_NOT_A_HOST, "H1")]
    assert found.advice == ["send to a VM: 10.0.1.1 answers ARP and ND, and nobody receives there"]


# ---------------------------------------------------------------------------------------------
# The destination's record


def test_t48_a_record_that_one_host_lacks_is_given_back(
    repaired: Callable[..., Repaired],
) -> None:
    found = repaired(
        Put(
            ("host_views", "H1"),
            {"without_lookup_records": [{"ca": "10.1.2.20", "vsid": 5003}]},
        )
    )

    assert found.reasons == [(Reason.DST_RECORD_MISSING, "H1")]
    assert found.lines[0][1] == "+host_views: {H1: {without_lookup_records: []}}"
    assert found.commands == [
        (
            f"New-NetVirtualizationLookupRecord {X_KEY} -ProviderAddress '192.168.10.12'"
            " -Rule TranslationMethodEncap -VMName 'X'"
        )
    ]
    assert found.hosts == [("H1",)]


def test_t12_an_unknown_address_of_the_gateways_subnet_is_nobodys(
    repaired: Callable[..., Repaired],
) -> None:
    found = repaired(destination="10.0.2.77")

    assert found.reasons == [(Reason.DST_ONLINK, "H1")]
    assert found.advice == ["no VM of T has the address 10.0.2.77"]


def test_an_unusable_record_is_made_usable(repaired: Callable[..., Repaired]) -> None:
    found = repaired(
        Put((*T, "lookup_records"), [X_RECORD | {"type": "dynamic", "unusable": True}])
    )

    assert found.reasons == [(Reason.DST_RECORD_MISSING, "H1")]
    assert found.lines[0][1].endswith("unusable: false}]")


def test_t52_records_of_two_methods_agree_on_encapsulation(
    repaired: Callable[..., Repaired],
) -> None:
    found = repaired(Put((*T, "lookup_records"), [X_RECORD | {"rule": "nat"}]))

    assert found.reasons == [(Reason.METHOD_MISMATCH, "H1")]
    assert found.commands == [
        f"Set-NetVirtualizationLookupRecord {X_KEY} -Rule TranslationMethodEncap"
    ]


def test_t10_the_far_hosts_wildcard_is_made(repaired: Callable[..., Repaired]) -> None:
    found = repaired(Delete((*T, "vms", "GW", "gateway")), destination="8.8.8.8")

    assert found.reasons == [(Reason.DST_RECORD_MISSING, "H3")]
    assert found.lines == [["+gateway: true"]]


def test_t18_a_stale_mac_is_the_packets_fault(repaired: Callable[..., Repaired]) -> None:
    found = repaired(destination="B", dst_mac="02-DE-AD-00-00-01", profile="ws2012")

    assert found.reasons == [(Reason.DST_MAC_MISMATCH, "H1")]
    assert found.advice == [
        "address the frame to 02-00-00-00-01-0B: the guest's ARP or ND entry is stale"
    ]


def test_the_receivers_record_gets_the_mac_of_the_port(repaired: Callable[..., Repaired]) -> None:
    stale = X_RECORD | {"mac": "02-00-00-00-09-99"}
    found = repaired(Put(("host_views", "H2", "lookup_records"), [stale]), profile="ws2012r2")

    assert found.reasons == [(Reason.DST_MAC_MISMATCH, "H2")]
    assert found.lines[0][1] == (
        "+host_views: {H2: {lookup_records: [{ca: 10.1.2.20, vsid: 5003,"
        " mac: 02-00-00-00-02-14, pa: 192.168.10.12}]}}"
    )
    assert found.hosts == [("H2",)]


def test_the_receivers_stale_records_are_corrected_there(
    repaired: Callable[..., Repaired],
) -> None:
    a_record = {"ca": "10.0.1.10", "vsid": 5001, "mac": "02-00-00-00-09-99", "pa": "192.168.10.14"}
    found = repaired(
        Put(
            ("host_views", "H2", "lookup_records"),
            [X_RECORD | {"pa": "192.168.10.11"}, a_record],
        )
    )

    assert found.reasons == [
        (Reason.DST_PA_MISMATCH, "H2"),
        (Reason.SRC_PA_MISMATCH, "H2"),
        (Reason.SRC_MAC_MISMATCH, "H2"),
    ]
    assert set(found.hosts) == {("H2",)}
    assert found.outcome is Outcome.DELIVERED


def test_t27_a_gateway_with_an_inside_address_is_the_packets_fault(
    repaired: Callable[..., Repaired],
) -> None:
    found = repaired(source="GW", src_ip="10.0.1.10")

    assert found.reasons == [(Reason.SRC_PA_MISMATCH, "H2")]
    assert found.advice == [
        "T/GW may send from 10.0.2.250, and not from 10.0.1.10: 10.0.1.10 is the address of T/A"
    ]


def test_a_receiver_without_the_senders_record_gets_it(repaired: Callable[..., Repaired]) -> None:
    found = repaired(
        Put(
            ("host_views", "H2"),
            {"without_lookup_records": [{"ca": "10.0.1.10", "vsid": 5001}]},
        )
    )

    assert found.reasons == [(Reason.SRC_RECORD_MISSING, "H2")]
    assert found.lines[0][1] == "+host_views: {H2: {without_lookup_records: []}}"
    assert found.hosts == [("H2",)]


def test_a_receiver_without_the_routing_domain_gets_its_route(
    repaired: Callable[..., Repaired],
) -> None:
    absent = [{"virtual_network": "T", "prefix": "10.1.2.0/24"}]
    absent += [{"virtual_network": "T", "prefix": "2001:db8:12::/64"}]
    found = repaired(Put(("host_views", "H2"), {"without_customer_routes": absent}))

    assert found.reasons == [(Reason.SRC_RECORD_MISSING, "H2")]
    assert found.commands == [
        (
            f"New-NetVirtualizationCustomerRoute {RDID} -VirtualSubnetID 5003"
            " -DestinationPrefix '10.1.2.0/24' -NextHop '0.0.0.0' -Metric 255"
        )
    ]
    assert found.hosts == [("H2",)]


def test_two_things_that_one_host_lacks_are_given_together(
    repaired: Callable[..., Repaired],
) -> None:
    found = repaired(
        Put(
            ("host_views", "H1"),
            {
                "without_customer_routes": [{"virtual_network": "T", "prefix": "0.0.0.0/0"}],
                "without_lookup_records": [{"ca": "0.0.0.0", "vsid": 5002}],
            },
        ),
        source="GW",
        destination="A",
        src_ip="8.8.8.8",
    )

    assert found.reasons == [(Reason.SRC_RECORD_MISSING, "H1")]
    assert found.lines[0][1] == (
        "+host_views: {H1: {without_customer_routes: [], without_lookup_records: []}}"
    )


def test_a_route_with_a_wrong_vsid_takes_that_of_its_vms(
    repaired: Callable[..., Repaired],
) -> None:
    found = repaired(Put((*T, "customer_routes", 2, "vsid"), 5002))

    assert found.reasons == [(Reason.DST_ONLINK, "H1")]
    assert found.lines[0][1].startswith("+- {prefix: 10.1.2.0/24, ")
    assert found.lines[0][1].endswith(" vsid: 5003}")


def test_a_packet_of_the_other_method_is_encapsulated(repaired: Callable[..., Repaired]) -> None:
    a_record = {"ca": "10.0.1.10", "vsid": 5001, "mac": "02-00-00-00-01-0A", "pa": "192.168.10.11"}
    found = repaired(
        Put((*T, "lookup_records"), [X_RECORD | {"rule": "nat"}, a_record | {"rule": "nat"}])
    )

    assert found.reasons == [(Reason.UNSUPPORTED_METHOD, "H1")]
    assert [command.split(" -Rule ")[1] for command in found.commands] == [
        "TranslationMethodEncap"
    ] * 2
    assert found.outcome is Outcome.DELIVERED


# ---------------------------------------------------------------------------------------------
# Provider network


def test_t43_a_missing_provider_route_goes_by_the_neighbours_router(
    repaired: Callable[..., Repaired],
) -> None:
    found = repaired(Delete(("hosts", "H1", "provider_routes")), destination="8.8.8.8")

    assert found.reasons == [(Reason.PHYS_ROUTE_MISSING, "H1")]
    assert found.lines == [
        ["+provider_routes: [{prefix: 192.168.20.0/24, next_hop: 192.168.10.1}]"]
    ]
    assert found.commands == [
        (
            "New-NetVirtualizationProviderRoute"
            " -InterfaceIndex (Get-NetVirtualizationProviderAddress"
            " -ProviderAddress '192.168.10.11').InterfaceIndex"
            " -DestinationPrefix '192.168.20.0/24' -NextHop '192.168.10.1' -Metric 256"
        )
    ]
    assert found.hosts == [("H1",)]


def test_a_router_that_no_neighbour_uses_is_assumed(repaired: Callable[..., Repaired]) -> None:
    found = repaired(Delete(("hosts", "H3", "provider_routes")), source="GW", destination="A")

    (blocker,) = found.blockers
    assert blocker.fix is not None
    assert blocker.fix.summary == (
        "add a provider route 192.168.10.0/24 via 192.168.20.1 on H3; the router is assumed"
    )


def test_a_record_of_a_pa_that_no_host_has_is_repointed(repaired: Callable[..., Repaired]) -> None:
    found = repaired(Put((*T, "lookup_records"), [X_RECORD | {"pa": "192.168.10.99"}]))

    assert found.reasons == [(Reason.PA_ARP_FAILED, "H1")]
    assert found.commands == [
        f"Set-NetVirtualizationLookupRecord {X_KEY} -ProviderAddress '192.168.10.12'"
    ]
    assert found.hosts == [()]


def test_t53_a_host_that_lost_its_pa_gets_it_back(repaired: Callable[..., Repaired]) -> None:
    found = repaired(Put(("host_views", "H2"), {"restarted": "all"}))

    assert found.reasons == [(Reason.PA_ARP_FAILED, "H1")]
    assert found.commands[0] == (
        "New-NetVirtualizationProviderAddress -InterfaceIndex $InterfaceIndex"
        " -ProviderAddress '192.168.10.12' -PrefixLength 24"
    )
    assert found.hosts == [("H2",)]


def test_two_pas_of_one_prefix_share_a_vlan(repaired: Callable[..., Repaired]) -> None:
    found = repaired(
        Put(("hosts", "H2", "provider_addresses"), [{"address": "192.168.10.12/24", "vlan": 7}]),
        Put(("hosts", "H4", "provider_addresses"), [{"address": "192.168.10.14/24", "vlan": 7}]),
    )

    assert found.reasons == [(Reason.PA_ARP_FAILED, "H1")]
    assert found.lines == [
        [
            "-provider_addresses: [192.168.10.11/24]",
            "+provider_addresses: [{address: 192.168.10.11/24, vlan: 7}]",
        ]
    ]
    assert found.commands == [
        "Set-NetVirtualizationProviderAddress -ProviderAddress '192.168.10.11' -VlanID 7"
    ]
    assert found.hosts == [("H1",)]


def test_both_ends_use_pas_of_one_family(repaired: Callable[..., Repaired]) -> None:
    found = repaired(
        Put(("hosts", "H2", "provider_addresses"), ["192.168.10.12/24", "2001:db8:99::12/64"]),
        Put((*T, "lookup_records"), [X_RECORD | {"pa": "2001:db8:99::12"}]),
    )

    assert found.reasons == [(Reason.PHYS_ROUTE_MISSING, "H1")]
    assert found.commands == [
        f"Set-NetVirtualizationLookupRecord {X_KEY} -ProviderAddress '192.168.10.12'"
    ]


def test_t42_a_long_packet_needs_a_larger_mtu(repaired: Callable[..., Repaired]) -> None:
    found = repaired(length=1459)

    (blocker,) = found.blockers
    assert blocker.reason is Reason.MTU_EXCEEDED
    assert blocker.fix is not None
    assert blocker.fix.summary == (
        "raise the provider MTU of H1 to 1501, which the physical network must carry"
        " (no cmdlet of Hyper-V does it)"
    )
    assert found.lines == [["+provider_mtu: 1501"]]
    assert found.commands == []


def test_a_deprecated_pa_is_made_preferred(repaired: Callable[..., Repaired]) -> None:
    found = repaired(
        Put(
            ("hosts", "H2", "provider_addresses"),
            [{"address": "192.168.10.12/24", "state": "deprecated"}],
        )
    )

    assert found.reasons == [(Reason.PA_NOT_LOCAL, "H2")]
    assert found.lines[0][1] == (
        "+provider_addresses: [{address: 192.168.10.12/24, state: preferred}]"
    )


# ---------------------------------------------------------------------------------------------
# The destination's port


def test_a_record_that_names_the_wrong_host_is_repointed(
    repaired: Callable[..., Repaired],
) -> None:
    found = repaired(Put((*T, "lookup_records"), [X_RECORD | {"pa": "192.168.20.13"}]))

    assert found.reasons == [(Reason.NO_PORT, "H3")]
    assert found.lines[0][1].endswith("pa: 192.168.10.12}]")
    assert found.outcome is Outcome.DELIVERED


def test_a_record_of_a_mac_that_no_port_has_is_corrected(
    repaired: Callable[..., Repaired],
) -> None:
    found = repaired(Put((*T, "lookup_records"), [X_RECORD | {"mac": "02-00-00-00-09-99"}]))

    assert found.reasons == [(Reason.NO_PORT, "H2")]
    assert found.lines[0][1].startswith("+lookup_records: [{ca: 10.1.2.20, vsid: 5003, mac: 02-00")


def test_a_port_that_is_in_another_subnet_than_its_record_is_moved(
    repaired: Callable[..., Repaired],
) -> None:
    found = repaired(Put((*T, "lookup_records"), [X_RECORD]), Put((*T, "vms", "X", "vsid"), 5001))

    assert found.reasons == [(Reason.VSID_MISMATCH, "H2")]
    assert found.lines[0][1].startswith("+X: {host: H2, vsid: 5003,")


# ---------------------------------------------------------------------------------------------
# The sending port


def test_t26_a_foreign_mac_is_the_packets_fault(repaired: Callable[..., Repaired]) -> None:
    found = repaired(
        Put(("firewall", "defaults"), {"inbound": "block"}), src_mac="02-00-00-00-01-0C"
    )

    assert found.reasons == [(Reason.SPOOFED_MAC, "H1"), (Reason.ACL_DENY_IN, "H2")]
    assert found.advice == ["send from the MAC of T/A, 02-00-00-00-01-0A"]


def test_the_guards_of_a_port_are_taken_off(repaired: Callable[..., Repaired]) -> None:
    dhcp = repaired(
        Put((*T, "vms", "A", "dhcp_guard"), value=True), service="udp/68", source_port=67
    )
    router = repaired(Put((*T, "vms", "A", "router_guard"), value=True), service="icmp/5:1")

    assert dhcp.reasons == [(Reason.DHCP_GUARD, "H1")]
    assert dhcp.commands == ["Set-VMNetworkAdapter -VMName 'A' -DhcpGuard Off"]
    assert router.reasons == [(Reason.ROUTER_GUARD, "H1")]
    assert router.commands == ["Set-VMNetworkAdapter -VMName 'A' -RouterGuard Off"]


@pytest.mark.parametrize(
    ("frame", "reason", "advice"),
    [
        (
            lambda sent: sent[:12] + b"\x81\0\0\5" + sent[12:],
            Reason.VLAN_IN_HEADER,
            "send without an 802.1Q tag (VLAN 5)",
        ),
        (
            lambda sent: bytes(6) + sent[6:],
            Reason.NULL_DST_MAC,
            "address the frame to 02-00-00-FF-FF-01, as ARP or ND tells",
        ),
        (
            lambda sent: sent[:6] + bytes(6) + sent[12:],
            Reason.INVALID_SRC_MAC,
            "send from the MAC of T/A, 02-00-00-00-01-0A",
        ),
        (
            lambda sent: sent[:24] + bytes(2) + sent[26:],
            Reason.IP_CHECKSUM,
            "send a right IPv4 header checksum",
        ),
    ],
)
def test_a_broken_packet_goes_on_as_it_ought_to_be(
    repaired: Callable[..., Repaired],
    frame: Callable[[bytes], bytes],
    reason: Reason,
    advice: str,
) -> None:
    found = repaired(
        Put(RULES, [{"name": "closed", "action": "block", "vms": ["X"]}]),
        destination=None,
        service=None,
        frame=frame(sent_by_guest()),
    )

    assert found.reasons == [(reason, "H1"), (Reason.ACL_DENY_IN, "H2")]
    assert found.advice == [advice]
    assert found.outcome is Outcome.DELIVERED


def test_t19_a_packet_with_no_hop_left_needs_a_larger_ttl(
    repaired: Callable[..., Repaired],
) -> None:
    found = repaired(ttl=1, profile="ws2012r2")

    assert found.reasons == [(Reason.TTL_EXPIRED, "H1")]
    assert found.advice == ["send with a TTL above 1"]


@pytest.mark.parametrize(
    ("frame", "reason", "advice"),
    [
        (
            sent_by_guest()[:20],
            Reason.MALFORMED,
            "send a packet whose headers are whole",
        ),
        (
            sent_by_guest()[:12] + b"\x88\xcc" + bytes(20),
            Reason.UNSUPPORTED_ETHERTYPE,
            "HNV carries IP and ARP alone, and no frame of EtherType 0x88CC",
        ),
    ],
)
def test_of_what_nobody_can_complete_nothing_more_is_said(
    repaired: Callable[..., Repaired], frame: bytes, reason: Reason, advice: str
) -> None:
    found = repaired(destination=None, service=None, frame=frame)

    assert found.reasons == [(reason, "H1")]
    assert found.advice == [advice]
    assert found.mended is None


# ---------------------------------------------------------------------------------------------
# Access control lists


def test_a_default_block_gets_a_rule_for_this_packet_alone(
    repaired: Callable[..., Repaired],
) -> None:
    found = repaired(Put(("firewall", "defaults"), {"inbound": "block"}))

    assert found.lines == [
        [
            (
                "+rules: [{name: allow tcp/80 from 10.0.1.10, vms: [T/X], direction: inbound,"
                " action: allow, protocol: tcp, remote_address: 10.0.1.10, local_port: 80}]"
            )
        ]
    ]
    assert found.commands == [
        (
            "New-NetFirewallRule -DisplayName 'allow tcp/80 from 10.0.1.10' -Direction Inbound"
            " -Action Allow -Protocol TCP -RemoteAddress '10.0.1.10' -LocalPort '80'"
        )
    ]
    assert found.hosts == [("T/X",)]


def test_a_rule_for_a_ping_names_its_type(repaired: Callable[..., Repaired]) -> None:
    found = repaired(Put(("firewall", "defaults"), {"inbound": "block"}), service="icmp/echo")

    assert found.commands == [
        (
            "New-NetFirewallRule -DisplayName 'allow icmpv4/8 from 10.0.1.10' -Direction Inbound"
            " -Action Allow -Protocol ICMPv4 -RemoteAddress '10.0.1.10' -IcmpType '8:0'"
        )
    ]


def test_a_new_rule_has_a_name_of_its_own(repaired: Callable[..., Repaired]) -> None:
    found = repaired(
        Put(("firewall", "defaults"), {"inbound": "block"}),
        Put(RULES, [{"name": "allow tcp/80 from 10.0.1.10", "vms": ["Y"]}]),
    )

    assert "'allow tcp/80 from 10.0.1.10 (2)'" in found.commands[0]


def test_the_peer_is_cut_out_of_a_block_rule(repaired: Callable[..., Repaired]) -> None:
    found = repaired(
        Put(
            RULES,
            [{"name": "inside", "action": "block", "remote_address": "10.0.0.0/8", "vms": ["X"]}],
        )
    )

    assert found.lines[0][1] == (
        "+rules: [{name: inside, action: block,"
        " remote_address: [10.0.0.0-10.0.1.9, 10.0.1.11-10.255.255.255], vms: [X]}]"
    )
    assert found.commands == [
        (
            "Set-NetFirewallRule -DisplayName 'inside'"
            " -RemoteAddress '10.0.0.0-10.0.1.9','10.0.1.11-10.255.255.255'"
        )
    ]


def test_the_peer_is_cut_out_of_a_rule_against_all(repaired: Callable[..., Repaired]) -> None:
    found = repaired(
        Put(RULES, [{"name": "closed", "action": "block", "direction": "outbound", "vms": ["A"]}])
    )

    assert found.commands == [
        (
            "Set-NetFirewallRule -DisplayName 'closed' -RemoteAddress"
            " '0.0.0.0-10.1.2.19','10.1.2.21-255.255.255.255','::/0'"
        )
    ]


def test_a_rule_of_which_nothing_can_be_cut_is_disabled(repaired: Callable[..., Repaired]) -> None:
    found = repaired(Put(RULES, [{"name": "b", "action": "block", "remote_address": "10.0.1.10"}]))

    assert found.commands == ["Set-NetFirewallRule -DisplayName 'b' -Enabled False"]


def test_every_rule_that_blocks_is_a_blocker(repaired: Callable[..., Repaired]) -> None:
    found = repaired(
        Put(
            RULES,
            [
                {"name": "one", "action": "block", "vms": ["X"]},
                {"name": "two", "action": "block", "vms": ["X"]},
            ],
        )
    )

    assert found.reasons == [(Reason.ACL_DENY_IN, "H2")] * 2
    assert found.outcome is Outcome.DELIVERED


def test_t70_a_port_acl_is_beaten_by_a_longer_match(repaired: Callable[..., Repaired]) -> None:
    found = repaired(
        Put(
            ("port_acls",),
            [{"vms": ["X"], "direction": "inbound", "action": "deny", "remote": "10.0.0.0/16"}],
        )
    )

    assert found.commands == [
        (
            "Add-VMNetworkAdapterAcl -VMName 'X' -Action Allow -Direction Inbound"
            " -RemoteIPAddress '10.0.1.10'"
        )
    ]
    assert found.hosts == [("H2",)]


def test_a_port_acl_of_the_longest_match_is_taken_out(repaired: Callable[..., Repaired]) -> None:
    both = {"remote": "10.0.1.10", "local": "10.1.2.20"}
    found = repaired(
        Put(("port_acls",), [{"vms": ["X"], "direction": "inbound", "action": "deny"} | both])
    )

    assert found.commands == [
        (
            "Remove-VMNetworkAdapterAcl -VMName 'X' -Action Deny -Direction Inbound"
            " -LocalIPAddress '10.1.2.20' -RemoteIPAddress '10.0.1.10'"
        )
    ]


def test_an_extended_acl_is_beaten_by_a_larger_weight(repaired: Callable[..., Repaired]) -> None:
    found = repaired(
        Put(
            ("extended_acls",),
            [{"vms": ["X"], "direction": "inbound", "weight": 10, "action": "deny"}],
        )
    )

    assert found.commands == [
        (
            "Add-VMNetworkAdapterExtendedAcl -VMName 'X' -Action Allow -Direction Inbound"
            " -RemoteIPAddress '10.0.1.10' -LocalPort '80' -Protocol 'TCP' -Weight 11"
        )
    ]


@pytest.mark.parametrize(
    ("direction", "key"), [("inbound", "remote_port"), ("outbound", "local_port")]
)
def test_answers_are_let_through_by_the_port_of_their_service(
    repaired: Callable[..., Repaired], direction: str, key: str
) -> None:
    deny = {"vms": ["X"], "direction": direction, "weight": 10, "action": "deny"}
    source, destination = ("A", "X") if direction == "inbound" else ("X", "A")
    found = repaired(
        Put(("extended_acls",), [deny]),
        source=source,
        destination=destination,
        service="tcp/49152",
        source_port=443,
    )

    assert "allow answers of tcp/443" in found.summaries[0]
    assert f"protocol: tcp, {key}: 443}}" in found.lines[0][-1]
    assert found.outcome is Outcome.DELIVERED


def test_answers_pass_a_datacenter_acl_by_their_source_port(
    repaired: Callable[..., Repaired],
) -> None:
    row = {"name": "no", "vms": ["X"], "direction": "inbound", "priority": 9, "action": "deny"}
    found = repaired(Put(("datacenter_acls",), [row]), service="udp/50000", source_port=53)

    assert found.lines[0][-1].endswith("destination: 10.1.2.20, source_port: 53}]")


def test_the_heaviest_extended_acl_is_made_lighter(repaired: Callable[..., Repaired]) -> None:
    found = repaired(
        Put(
            ("extended_acls",),
            [{"vms": ["X"], "direction": "inbound", "weight": 65535, "action": "deny"}],
        )
    )

    assert found.commands == [
        "Remove-VMNetworkAdapterExtendedAcl -VMName 'X' -Weight 65535 -Direction Inbound",
        "Add-VMNetworkAdapterExtendedAcl -VMName 'X' -Action Deny -Direction Inbound -Weight 65534",
        (
            "Add-VMNetworkAdapterExtendedAcl -VMName 'X' -Action Allow -Direction Inbound"
            " -RemoteIPAddress '10.0.1.10' -LocalPort '80' -Protocol 'TCP' -Weight 65535"
        ),
    ]


def test_a_datacenter_acl_is_beaten_by_a_lower_priority(repaired: Callable[..., Repaired]) -> None:
    found = repaired(
        Put(
            ("datacenter_acls",),
            [
                {"name": "no", "vms": ["X"], "direction": "inbound"}
                | {"priority": 100, "action": "deny"}
            ],
        )
    )

    assert found.lines[0][1].endswith(
        "{name: allow tcp/80 from 10.0.1.10, vms: [T/X], direction: inbound, priority: 99,"
        " action: allow, protocol: tcp, source: 10.0.1.10, destination: 10.1.2.20,"
        " destination_port: 80}]"
    )
    assert found.commands == []


def test_a_rule_that_no_port_can_evaluate_is_cut(repaired: Callable[..., Repaired]) -> None:
    found = repaired(
        Put(RULES, [{"name": "p", "action": "block", "program": "x.exe", "vms": ["X"]}])
    )

    assert found.reasons == [(Reason.UNSUPPORTED, "H2")]
    assert found.commands[0].startswith("Set-NetFirewallRule -DisplayName 'p' -RemoteAddress")
    assert found.outcome is Outcome.DELIVERED


def test_a_port_without_datacenter_acl_gets_one(repaired: Callable[..., Repaired]) -> None:
    row = {"name": "no", "vms": ["B"], "direction": "inbound", "priority": 100, "action": "deny"}
    found = repaired(Put(("datacenter_acls",), [row]), profile="hnvv2")

    assert found.reasons == [(Reason.ACL_DENY_OUT, "H1"), (Reason.ACL_DENY_IN, "H2")]
    assert found.outcome is Outcome.DELIVERED


# ---------------------------------------------------------------------------------------------
# Address resolution and learning


def test_t34_a_guest_with_a_wrong_mask_is_told_so(repaired: Callable[..., Repaired]) -> None:
    found = repaired(destination="10.1.2.20", service="arp")

    assert found.reasons == [(Reason.ARP_UNANSWERED, "H1")]
    assert found.advice == [
        "correct the guest's subnet mask: 10.1.2.20 lies in 10.1.2.0/24, behind the .1"
    ]


def test_an_announced_address_of_another_vm_stays_its_own(
    repaired: Callable[..., Repaired],
) -> None:
    l2_only = {"ca": "0.0.0.0", "vsid": 5001, "mac": "02-00-00-00-01-0A", "pa": "192.168.10.11"}
    found = repaired(
        Put((*T, "lookup_records"), [l2_only | {"type": "l2_only"}]),
        destination=None,
        service=None,
        frame=announcement("0a00010b"),
    )

    assert found.reasons == [(Reason.GARP_STATIC_VSID, "H1")]
    assert found.advice == ["announce no address of another VM: 10.0.1.11 is the address of T/B"]


def test_an_announced_address_of_nobody_moves_with_its_record(
    repaired: Callable[..., Repaired],
) -> None:
    l2_only = {"ca": "0.0.0.0", "vsid": 5001, "mac": "02-00-00-00-01-0A", "pa": "192.168.10.11"}
    shared = {"ca": "10.0.1.60", "vsid": 5001, "mac": "02-00-00-00-01-0B", "pa": "192.168.10.12"}
    found = repaired(
        Put((*T, "lookup_records"), [l2_only | {"type": "l2_only"}, shared]),
        destination=None,
        service=None,
        frame=announcement("0a00013c"),
    )

    assert found.reasons == [(Reason.GARP_STATIC_VSID, "H1")]
    assert found.lines[0][1].endswith(
        "{ca: 10.0.1.60, vsid: 5001, mac: 02-00-00-00-01-0A, pa: 192.168.10.11}]"
    )
    assert found.outcome is Outcome.REPLICATED


def test_t33_nobody_answers_for_an_unknown_address(repaired: Callable[..., Repaired]) -> None:
    found = repaired(destination="10.0.1.99", service="arp")

    assert found.reasons == [(Reason.ARP_UNANSWERED, "H1")]
    assert found.advice == ["no VM of T has the address 10.0.1.99"]


def test_a_question_is_answered_from_a_record(repaired: Callable[..., Repaired]) -> None:
    found = repaired(
        Put(
            ("host_views", "H1"),
            {"without_lookup_records": [{"ca": "10.0.1.11", "vsid": 5001}]},
        ),
        destination="10.0.1.11",
        service="arp",
    )

    assert found.reasons == [(Reason.ARP_UNANSWERED, "H1")]
    assert found.hosts == [("H1",)]
    assert found.outcome is Outcome.ANSWERED


def announcement(address: str) -> bytes:
    return bytes.fromhex(
        f"ffffffffffff02000000010a08060001080006040001 02000000010a{address}000000000000{address}"
    )


def test_a_static_subnet_learns_by_an_l2_only_record(repaired: Callable[..., Repaired]) -> None:
    found = repaired(destination=None, service=None, frame=announcement("0a00013c"))

    assert found.reasons == [(Reason.GARP_STATIC_VSID, "H1")]
    assert found.commands == [
        (
            "New-NetVirtualizationLookupRecord -CustomerAddress '0.0.0.0' -VirtualSubnetID 5001"
            " -MACAddress '02-00-00-00-01-0A' -ProviderAddress '192.168.10.11'"
            " -Rule TranslationMethodEncap -Type L2Only"
        )
    ]
    assert found.outcome is Outcome.REPLICATED


def test_a_guest_that_asks_for_an_address_gets_an_l2_only_record(
    repaired: Callable[..., Repaired],
) -> None:  # DHCP-2
    found = repaired(
        destination="255.255.255.255", service="udp/67", source_port=68, src_ip="0.0.0.0"
    )

    assert found.reasons == [(Reason.SRC_RECORD_MISSING, "H1")]
    assert found.summaries == ["add an L2Only record of 02-00-00-00-01-0A in VSID 5001"]
    assert found.outcome is Outcome.REPLICATED


def test_a_full_port_may_learn_one_address_more(repaired: Callable[..., Repaired]) -> None:
    l2_only = {"ca": "0.0.0.0", "vsid": 5001, "mac": "02-00-00-00-01-0A", "pa": "192.168.10.11"}
    found = repaired(
        Put((*T, "vms", "A", "dynamic_ip_limit"), 0),
        Put((*T, "lookup_records"), [l2_only | {"type": "l2_only"}]),
        destination=None,
        service=None,
        frame=announcement("0a00013c"),
    )

    assert found.reasons == [(Reason.DYN_LIMIT, "H1")]
    assert found.commands == ["Set-VMNetworkAdapter -VMName 'A' -DynamicIPAddressLimit 1"]


# ---------------------------------------------------------------------------------------------
# What no edit of the text can change


def test_a_host_that_is_down_has_to_be_started() -> None:
    text = PolicyText.read(SAMPLE)

    def rebuild(edited: PolicyText) -> Fabric:
        return Fabric.compile(what_if(edited.policy(), down=["H2"]))

    fabric = rebuild(text)
    trace = ask(fabric, Question(source="A", destination="X"))

    blockers, mended = repair(fabric, trace, text, rebuild)

    assert [(found.reason, found.advice) for found in blockers] == [
        (Reason.PA_ARP_FAILED, "start H2, which has the provider address 192.168.10.12")
    ]
    assert mended is None


def test_a_host_that_has_not_heard_of_a_move_has_to_hear_of_it() -> None:
    text = PolicyText.read(SAMPLE)

    def rebuild(edited: PolicyText) -> Fabric:
        before = text.policy()
        moved = what_if(edited.policy(), migrate={"T/X": "H3"}, stale=["H3"], before=before)
        return Fabric.compile(moved)

    fabric = rebuild(text)
    trace = ask(fabric, Question(source="A", destination="X"))

    blockers, _ = repair(fabric, trace, text, rebuild)

    assert [(found.reason, found.advice) for found in blockers] == [
        (Reason.DST_PA_MISMATCH, "tell H3 what has changed: it knows the network as it was")
    ]


# ---------------------------------------------------------------------------------------------
# Frames that arrive encapsulated


def test_a_frame_for_another_host_is_the_packets_fault(repaired: Callable[..., Repaired]) -> None:
    found = repaired(source="pa:H3", destination=None, service=None, frame=on_wire())

    assert found.reasons == [(Reason.PA_NOT_LOCAL, "H3")]
    assert found.advice == ["send to a provider address of H3: 192.168.10.12 is none"]


def test_what_arrives_with_a_tag_inside_goes_on_without(
    repaired: Callable[..., Repaired],
) -> None:
    frame = bytearray(on_wire())
    frame[54:54] = b"\x81\0\0\5"  # behind both inner MACs
    frame[16:18] = (int.from_bytes(frame[16:18]) + 4).to_bytes(2)
    frame[24:26] = (int.from_bytes(frame[24:26]) - 4).to_bytes(2)
    found = repaired(
        Put(RULES, [{"name": "closed", "action": "block", "vms": ["X"]}]),
        source="pa:H2",
        destination=None,
        service=None,
        frame=bytes(frame),
    )

    assert found.reasons == [(Reason.INNER_VLAN, "H2"), (Reason.ACL_DENY_IN, "H2")]
    assert found.advice == ["send without an 802.1Q tag (VLAN 5)"]


def test_congestion_that_cannot_be_told_is_the_packets_fault(
    repaired: Callable[..., Repaired],
) -> None:
    frame = bytearray(on_wire())
    frame[15] |= 3
    frame[24:26] = (int.from_bytes(frame[24:26]) - 3).to_bytes(2)
    found = repaired(
        Put(RULES, [{"name": "closed", "action": "block", "vms": ["X"]}]),
        source="pa:H2",
        destination=None,
        service=None,
        frame=bytes(frame),
    )

    assert found.reasons == [(Reason.ECN_CE_NON_ECT, "H2"), (Reason.ACL_DENY_IN, "H2")]
    assert found.advice == ["mark the inner packet as ECN-capable"]
