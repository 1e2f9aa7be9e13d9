"""What lint promises: where it finds nothing packets arrive, and mistakes do not hide from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from properties.mutations import MUTATIONS, mutated
from properties.sound import document, loaded, verdicts

from hnvemu.lint.rule import Severity
from hnvemu.lint.run import lint

if TYPE_CHECKING:
    import random

    from hnvemu import Policy

HIDDEN = {"default-prefix", "port-off"}
"""Mistakes that may make another sound policy: docs/limits.md says why."""
streams = st.randoms(use_true_random=False)


def lost(policy: Policy) -> list[object]:
    """Return the short packets between VMs of one routing domain that do not arrive.

    A guest that does not know where to send sends nothing, and a port without a VSID is in no
    routing domain.
    """
    return [
        (probe, verdict)
        for probe, verdict in verdicts(policy).items()
        if probe.destination != "outside" and probe.kind in {"echo", "tcp"}
        if policy.ports[probe.source].vsid and policy.ports[probe.destination].vsid
        if verdict.resolved and not verdict.arrives
    ]


@given(streams)
@settings(max_examples=20)
def test_a_sound_policy_has_no_finding_and_loses_nothing(numbers: random.Random) -> None:
    policy = loaded(document(numbers))

    assert lint(policy) == []
    assert lost(policy) == []


@given(streams, st.lists(st.sampled_from(sorted(MUTATIONS)), max_size=2))
def test_where_no_finding_is_an_error_all_packets_between_vms_arrive(
    numbers: random.Random, kinds: list[str]
) -> None:
    """About a third of these policies have no such finding; half of these were changed."""
    described = document(numbers)
    for kind in kinds:
        described = mutated(described, kind, numbers) or described
    policy = loaded(described)
    assume(not any(finding.severity is Severity.ERROR for finding in lint(policy)))
    assume(not any(host.use_external_router for host in policy.hosts.values()))

    assert lost(policy) == []


@pytest.mark.parametrize("kind", sorted(MUTATIONS.keys() - HIDDEN))
@given(streams)
@settings(max_examples=2)
def test_a_mistake_that_changes_a_verdict_is_found(kind: str, numbers: random.Random) -> None:
    sound = document(numbers)
    mutant = mutated(sound, kind, numbers)
    assume(mutant is not None)
    assert mutant is not None
    before, after = verdicts(loaded(sound)), verdicts(loaded(mutant))
    fates = [(before[probe][:3], after[probe][:3]) for probe in before.keys() & after.keys()]

    if any(was != now for was, now in fates):
        assert lint(loaded(mutant)) != []
