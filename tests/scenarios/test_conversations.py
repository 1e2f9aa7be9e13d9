"""A request and its reply together: what lists remember, and ways that differ."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from hnvemu import Outcome, QuestionError, Reason
from hnvemu.analysis.question import Question, State, ask

if TYPE_CHECKING:
    from collections.abc import Callable

    from hnvemu import Fabric, Trace

    Network = Callable[..., Fabric]

STATEFUL = "vms: [A], direction: outbound, weight: 10, action: allow, stateful: true"
STATELESS = "vms: [A], direction: outbound, weight: 10, action: allow"
DENY_IN = "vms: [A], direction: inbound, weight: 1, action: deny"


def acls(*entries: str, key: str = "extended_acls") -> str:
    """Return the section of a policy with these entries."""
    return f"{key}: [" + ", ".join(f"{{{entry}}}" for entry in entries) + "]"


def talk(fabric: Fabric, to: str = "X", service: str = "tcp/443", **more: Any) -> Trace:
    question = Question(source="A", destination=to, service=service, conversation=True, **more)
    return ask(fabric, question)


def reply(trace: Trace) -> Trace:
    assert trace.reply is not None
    return trace.reply


def said(trace: Trace) -> list[tuple[str, str]]:
    return [(remark.kind.value, remark.text) for remark in trace.remarks]


def test_t71_a_conversation_passes_by_its_session(network: Network) -> None:
    trace = talk(network(also=acls(DENY_IN, STATEFUL)))

    assert reply(trace).outcome is Outcome.DELIVERED
    assert [(row.place.port, row.seconds) for row in trace.sessions.rows] == [("T/A", 255)]
    assert said(trace) == []


def test_t71_a_stateless_entry_makes_a_policy_for_one_way(network: Network) -> None:
    trace = talk(network(also=acls(DENY_IN, STATELESS)))

    assert trace.outcome is Outcome.DELIVERED
    assert reply(trace).reason is Reason.ACL_DENY_IN
    assert said(trace) == [
        (
            "one-way",
            (
                "one way only: the request arrives, and the reply is lost at the inbound"
                " extended ACLs of T/A; extended ACL weight 10 let the request pass; stateful, it"
                " would let the reply pass"
            ),
        )
    ]
    (remark,) = trace.remarks
    assert "ACL-43" in remark.rules
    assert remark.origin is not None
    assert remark.origin.file.endswith("2-also.yaml")


def test_where_no_entry_allowed_the_request_one_would_let_the_reply_pass(network: Network) -> None:
    trace = talk(network(also=acls(DENY_IN)))

    ((kind, text),) = said(trace)
    assert kind == "one-way"
    assert text.endswith(
        "a stateful outbound entry that allows the request would let the reply pass"
    )


@pytest.mark.parametrize(
    ("also", "service", "advice"),
    [
        (
            acls("vms: [A], direction: inbound, action: deny", key="port_acls"),
            "tcp/443",
            "port ACLs keep no state, so the reply needs an entry of its own",
        ),
        (
            acls(DENY_IN, STATEFUL),
            "icmp/echo",
            "extended ACLs keep state of TCP and UDP alone, so the reply needs an entry of its own",
        ),
        (
            acls(
                "name: in, vms: [A], direction: inbound, priority: 1, action: deny",
                "name: out, vms: [A], direction: outbound, priority: 1, action: allow",
                key="datacenter_acls",
            ),
            "tcp/443",
            "datacenter ACL out let the request pass; stateful, it would let the reply pass",
        ),
    ],
)
def test_what_would_let_the_reply_pass_differs_by_mechanism(
    network: Network, also: str, service: str, advice: str
) -> None:
    trace = talk(network(also=also), service=service)

    ((kind, text),) = said(trace)
    assert kind == "one-way"
    assert text.endswith(f"of T/A; {advice}")


def test_a_reply_that_a_route_loses_is_one_way_too(network: Network) -> None:
    fabric = network(
        also="""
        host_views:
          H2:
            without_customer_routes:
              - {virtual_network: T, prefix: 10.0.1.0/24}
              - {virtual_network: T, prefix: 0.0.0.0/0}
        """
    )

    trace = talk(fabric)

    assert reply(trace).reason is Reason.ROUTE_MISSING
    assert said(trace) == [
        (
            "one-way",
            "one way only: the request arrives, and the reply is lost at H2, ROUTE_MISSING",
        )
    ]


def test_a_late_reply_finds_its_session_forgotten(network: Network) -> None:  # ACL-43
    fabric = network(also=acls(DENY_IN, f"{STATEFUL}, idle_timeout: 60"))

    in_time = talk(fabric, reply_after=60)
    late = talk(fabric, reply_after=61)

    assert reply(in_time).outcome is Outcome.DELIVERED
    assert said(in_time) == []
    assert reply(late).reason is Reason.ACL_DENY_IN
    assert [row.seconds for row in late.sessions.rows] == [60]
    assert said(late) == [
        (
            "session-forgotten",
            (
                "the extended ACLs of T/A have forgotten the conversation: nothing passed for 61 s,"
                " and a session lasts 60 s"
            ),
        ),
        (
            "one-way",
            (
                "one way only: the request arrives, and the reply is lost at the inbound"
                " extended ACLs of T/A; the session that let it pass is forgotten"
            ),
        ),
    ]


def test_the_firewall_forgets_nothing(network: Network) -> None:
    fabric = network(
        ("defaults: {inbound: allow, outbound: allow}", "defaults: [{vms: A, inbound: block}]")
    )

    trace = talk(fabric, reply_after=1_000_000)

    assert reply(trace).outcome is Outcome.DELIVERED
    assert [row.seconds for row in trace.sessions.rows] == [None]


def test_a_request_that_is_lost_says_nothing_of_both_ways(network: Network) -> None:
    trace = talk(network(also=acls("vms: [X], direction: inbound, weight: 1, action: deny")))

    assert (trace.reply, trace.remarks) == (None, ())


def test_a_conversation_without_lists_needs_no_remark(network: Network) -> None:
    for to in ("X", "B", "C", "8.8.8.8"):
        assert said(talk(network(), to)) == []


def test_a_reply_by_way_of_a_gateway_is_another_way(network: Network) -> None:
    """A route of the network sends what goes to A through GW, and nothing sends A's packets so."""
    fabric = network(routes=("prefix: 10.0.1.10/32, next_hop: 10.0.2.250, vsid: 5002",))

    trace = talk(fabric)

    assert trace.outcome is Outcome.DELIVERED
    assert reply(trace).outcome is Outcome.TO_GATEWAY
    assert said(trace) == [
        (
            "asymmetric",
            (
                "another way back: the request came from T/A, the reply goes to T/GW, by route"
                " 10.0.1.10/32 via 10.0.2.250"
            ),
        ),
        (
            "asymmetric",
            (
                "another way back: the request goes from H1 (PA 192.168.10.11) to H2"
                " (PA 192.168.10.12) in NVGRE, the reply from H2 (PA 192.168.10.12) to H3"
                " (PA 192.168.20.13) in NVGRE"
            ),
        ),
    ]


def test_a_request_that_stays_on_its_host_may_have_a_reply_in_a_tunnel(network: Network) -> None:
    fabric = network(routes=("prefix: 10.0.1.10/32, next_hop: 10.0.2.250, vsid: 5002",))

    trace = talk(fabric, "Y")

    assert said(trace)[1] == (
        "asymmetric",
        (
            "another way back: the request goes nowhere but H1, without a tunnel, the reply from H1"
            " (PA 192.168.10.11) to H3 (PA 192.168.20.13) in NVGRE"
        ),
    )


@pytest.mark.parametrize(
    ("question", "message"),
    [
        ({"conversation": True, "reply_after": -1}, "before what it replies to"),
        ({"reply_after": 5}, "for a conversation"),
        ({"conversation": True, "reply_after": 5, "state": State.ESTABLISHED}, "have no age"),
    ],
)
def test_a_delay_needs_a_conversation_that_begins(
    network: Network, question: dict[str, Any], message: str
) -> None:
    with pytest.raises(QuestionError, match=message):
        ask(network(), Question(source="A", destination="X", service="tcp/80", **question))
