"""What a text has to say before it counts as a wish, and when the wish is granted."""

from __future__ import annotations

import pytest
from lint.networks import messages


@pytest.mark.parametrize(
    "text",
    [
        "B may not go outside.",
        "A web shop: B stays inside",
        "B must never reach the Internet, says the owner.",
        "A may go outside, but B cannot talk to the outside",
        "B is not to go outside",
    ],
)
def test_a_description_names_who_stays_inside(text: str) -> None:
    assert messages("HNV413", f"description: '{text}'\n") == [
        "the description keeps T/B inside, and its packets to 198.51.100.9 go out"
    ]


def test_several_vms_stay_inside() -> None:
    found = messages("HNV413", "description: A and B may not go outside\n")

    assert [message.split()[3] for message in found] == ["T/A", "T/B"]


@pytest.mark.parametrize(
    "text",
    [
        "A VM may not go outside without a gateway.",
        "B may go outside.",
        "VMs stay inside.",
        "B may not go away; the outside is far.",
        "GW stays inside.",
        "Tenants such as B-side may not go outside",
    ],
)
def test_other_texts_are_no_wish(text: str) -> None:
    assert messages("HNV413", f"description: '{text}'\n") == []


RULE = """\
firewall:
  rules:
    - {name: %s, vms: [B], direction: %s, action: block, remote_address: %s}
"""


def test_a_rule_that_does_not_do_what_its_name_says_is_found() -> None:
    assert messages("HNV413", RULE % ("b-stays-inside", "outbound", "10.9.0.0/16")) == [
        "the name 'b-stays-inside' keeps T/B inside, and its packets to 198.51.100.9 go out"
    ]


def test_a_rule_that_does_is_not() -> None:
    assert messages("HNV413", RULE % ("b-stays-inside", "outbound", "Internet")) == []


def test_names_about_inbound_packets_and_exceptions_are_no_wish() -> None:
    assert messages("HNV413", RULE % ("no internet", "inbound", "10.9.0.0/16")) == []
    assert messages("HNV413", RULE % ("no internet but web", "outbound", "10.9.0.0/16")) == []
