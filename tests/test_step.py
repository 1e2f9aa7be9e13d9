"""Steps: frozen, small, and equal by what they say."""

from __future__ import annotations

import copy
import pickle

import pytest

from hnvemu.trace.steps import PacketTooBig, Sent, TtlExpired


def test_equal_evidence_makes_equal_steps_wherever_they_lead() -> None:
    one, other = TtlExpired(1), TtlExpired(1).leading_to("tables")

    assert one == other
    assert hash(one) == hash(other)
    assert one != TtlExpired(0)
    assert (one.onward, other.onward) == (None, "tables")


def test_a_step_cannot_be_changed_and_has_no_room_for_more() -> None:
    step = PacketTooBig(1500, 1436)

    with pytest.raises(AttributeError, match="PacketTooBig is frozen: cannot set length"):
        step.length = 100  # type: ignore[misc]
    assert not hasattr(step, "__dict__")
    assert repr(step) == "PacketTooBig(length=1500, limit=1436)"


def test_a_step_takes_as_many_values_as_it_has_fields() -> None:
    with pytest.raises(TypeError):
        PacketTooBig(1500)  # type: ignore[call-arg]


def test_a_copy_says_the_same_and_leads_nowhere() -> None:
    step = Sent("tunnel", "H2").leading_to("tables")  # type: ignore[arg-type]

    for copied in (copy.copy(step), pickle.loads(pickle.dumps(step))):
        assert copied == step
        assert copied.onward is None
