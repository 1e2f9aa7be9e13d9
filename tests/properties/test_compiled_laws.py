"""A compiled policy is the policy, and one that was damaged is made anew."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from compiled.alike import parts
from hypothesis import given, settings
from hypothesis import strategies as st
from properties import strategies
from properties.amount import FEW

from hnvemu import Fabric
from hnvemu.compiled.codec import DamagedError, decode, encode
from hnvemu.compiled.image import Memory
from hnvemu.compiled.policy import compiled, opened
from hnvemu.model.policy import Profile
from hnvemu.tables.view import View, view_of

if TYPE_CHECKING:
    from pathlib import Path

    from hnvemu import Policy, Trace

DIGEST = bytes(range(32))


def image(policy: Policy) -> bytes:
    return b"".join(compiled(policy, DIGEST))


def kept(policy: Policy, octets: bytes | None = None) -> Policy:
    """Return a policy by way of its image, or by other octets in its place."""
    whole = image(policy)
    return opened(Memory(whole if octets is None else octets), DIGEST, lambda: whole)


def documented(trace: Trace) -> str:
    return json.dumps(trace.as_dict(), sort_keys=True)


@given(document=strategies.documents())
def test_a_compiled_policy_says_all_that_the_policy_says(
    document: dict[str, object], tmp_path: Path
) -> None:
    policy = strategies.loaded(document, tmp_path)

    again = kept(policy)

    assert again == policy
    assert parts(again) == parts(policy)
    assert image(again) == image(policy)


@given(st.data())
def test_a_compiled_policy_forwards_as_the_policy_does(tmp_path: Path, data: st.DataObject) -> None:
    policy = strategies.loaded(data.draw(strategies.documents()), tmp_path)
    known, fabric = Fabric.compile(policy), Fabric.compile(kept(policy))

    for at, frame in data.draw(st.lists(strategies.sent(policy), min_size=1, max_size=10)):
        trace, same = known.send(frame, at=at), fabric.send(frame, at=at)
        assert documented(same) == documented(trace)
        known, fabric = known.after(trace), fabric.after(same)
    for host in policy.hosts:
        frame = data.draw(strategies.octets())
        trace, same = (each.send(frame, at=f"pa:{host}") for each in (known, fabric))
        assert documented(same) == documented(trace)


@given(st.data())
def test_a_row_is_one_object_however_it_is_asked_for(tmp_path: Path, data: st.DataObject) -> None:
    policy = kept(strategies.loaded(data.draw(strategies.documents()), tmp_path))
    names = data.draw(st.lists(st.sampled_from([*policy.ports])))

    early = {name: policy.ports[name] for name in names}
    records = [row for port in early.values() for row in policy.records.of_subnet(port.vsid)]  # type: ignore[attr-defined]

    assert all(policy.ports[name] is port for name, port in policy.ports.items())
    assert all(policy.ports[name] is port for name, port in early.items())
    assert {id(record) for record in records} <= {id(record) for record in policy.records}


@given(st.data())
def test_a_view_of_parts_answers_as_the_view_of_the_whole(
    tmp_path: Path, data: st.DataObject
) -> None:
    policy = strategies.loaded(data.draw(strategies.documents()), tmp_path)
    profile = data.draw(st.sampled_from([*Profile]))
    whole = View(policy.records, policy.routes, profile)
    addresses = {(r.vsid, r.ca.version, int(r.ca)) for r in policy.records} | {(5001, 4, 1)}
    kept_policy = kept(policy)

    view = view_of(kept_policy.records, kept_policy.routes, profile)

    for vsid, version, ca in addresses:
        assert view.records[version].get((vsid, ca)) == whole.records[version].get((vsid, ca))
        assert view.unusable.get((vsid, version, ca)) == whole.unusable.get((vsid, version, ca))
        for network in policy.networks.values():
            found = view.in_domain(network.rdid, version, ca)
            assert found == whole.in_domain(network.rdid, version, ca)
    for vsid in {vsid for vsid, _, _ in addresses}:
        assert view.members(vsid) == whole.members(vsid)
        assert view.groups(vsid) == whole.groups(vsid)
        assert view.l2_only(vsid) == whole.l2_only(vsid)
        for version in (0, 4, 6):
            assert view.wildcards(vsid, version) == whole.wildcards(vsid, version)
    for version in (0, 4, 6):
        assert list(view.records[version].items()) == list(whole.records[version].items())
    assert {*view.unusable.values()} == {*whole.unusable.values()}
    assert {*view.dot_ones} == {*whole.dot_ones}
    assert view.all_rows() == whole.all_rows()
    assert view.all_l2_only() == whole.all_l2_only()


@settings(max_examples=FEW)
@given(st.data())
def test_damage_anywhere_changes_no_answer(tmp_path: Path, data: st.DataObject) -> None:
    policy = strategies.loaded(data.draw(strategies.documents()), tmp_path)
    whole = bytearray(image(policy))
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] ^= data.draw(st.integers(1, 255))
    if data.draw(st.booleans()):
        del whole[data.draw(st.integers(0, len(whole))) :]

    try:
        again = kept(policy, bytes(whole))
    except DamagedError:
        return  # it was found at once, and the files are read

    assert parts(again) == parts(policy)


@given(octets=st.binary(max_size=200))
def test_no_octets_are_anything_but_a_value_or_damage(octets: bytes) -> None:
    try:
        value = decode(octets)
    except DamagedError:
        return

    assert encode(decode(encode(value))) == encode(value)


@given(st.data())
def test_damaged_values_are_values_or_damage(tmp_path: Path, data: st.DataObject) -> None:
    policy = strategies.loaded(data.draw(strategies.documents()), tmp_path)
    octets = bytearray(encode((policy.firewall, policy.routes, dict(policy.hosts))))

    for _ in range(data.draw(st.integers(1, 3))):
        octets[data.draw(st.integers(0, len(octets) - 1))] = data.draw(st.integers(0, 255))

    try:
        decode(bytes(octets))
    except DamagedError as error:
        assert "damaged" in str(error)  # noqa: PT017 - either is right
