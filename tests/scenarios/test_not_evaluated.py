"""What this version does not model: it says so, and does not guess."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnvemu import Outcome, Reason

if TYPE_CHECKING:
    from collections.abc import Callable

    from hnvemu import Fabric

    Network = Callable[..., Fabric]
    Frame = Callable[..., bytes]


def nat_pair(network: Network) -> Fabric:
    """Build the network with translation rule nat for A and B."""
    return network(
        records=(
            "ca: 10.0.1.10, vsid: 5001, mac: 02-00-00-00-01-0A, pa: 192.168.10.11, rule: nat",
            "ca: 10.0.1.11, vsid: 5001, mac: 02-00-00-00-01-0B, pa: 192.168.10.12, rule: nat",
        )
    )


def test_address_translation_is_not_modelled(network: Network, frame: Frame) -> None:  # ENC-31
    trace = nat_pair(network).send(frame("A", "B"), at="A")

    assert (trace.outcome, trace.reason) == (Outcome.UNDECIDED, Reason.UNSUPPORTED_METHOD)
    assert trace.hops[-1].node == "H1"
    assert trace.steps[-1].rules == ("ENC-31",)


def test_address_translation_does_not_touch_other_pairs(
    network: Network, frame: Frame
) -> None:  # ENC-31
    trace = nat_pair(network).send(frame("C", "X"), at="C")

    assert (trace.outcome, trace.receiver) == (Outcome.DELIVERED, "T/X")


def test_a_copy_that_would_cross_by_address_translation_is_left_undecided(
    network: Network, frame: Frame
) -> None:  # ENC-31
    trace = nat_pair(network).send(frame("C", "255.255.255.255", "udp"), at="C")

    assert [(copy.outcome, copy.reason) for copy in trace.branches] == [
        (Outcome.DELIVERED, None),
        (Outcome.UNDECIDED, Reason.UNSUPPORTED_METHOD),
    ]
