"""Values behave as frozen, slotted dataclasses do."""

from __future__ import annotations

import copy
import pickle

import pytest

from hnvemu.value import field, replace, value


@value
class Place:
    """A value with each kind of field."""

    name: str
    size: int = 1
    parts: list[int] = field(default_factory=list)
    origin: str = field(default="", compare=False)


def test_fields_have_their_defaults() -> None:
    place = Place(name="a")

    assert (place.name, place.size, place.parts, place.origin) == ("a", 1, [], "")
    assert Place(name="b").parts is not place.parts


@pytest.mark.parametrize("wrong", [{}, {"name": "a", "colour": 1}])
def test_missing_and_unknown_fields_are_errors(wrong: dict[str, object]) -> None:
    with pytest.raises(TypeError):
        Place(**wrong)  # type: ignore[arg-type]


def test_equality_is_by_class_and_compared_fields() -> None:
    assert Place(name="a", origin="here") == Place(name="a", origin="there")
    assert Place(name="a") != Place(name="b")
    assert Place(name="a").__eq__(("a", 1, [], "")) is NotImplemented


def test_equal_values_have_equal_hashes() -> None:
    one, other = (Place(name="a", parts=(), origin=origin) for origin in "xy")  # type: ignore[arg-type]

    assert len({one, other}) == 1


def test_values_are_frozen_and_slotted() -> None:
    place = Place(name="a")

    with pytest.raises(AttributeError, match="frozen"):
        place.name = "b"  # type: ignore[misc]
    with pytest.raises(AttributeError, match="frozen"):
        del place.name
    assert not hasattr(place, "__dict__")


def test_replace_changes_some_fields() -> None:
    place = Place(name="a", size=2, origin="here")

    assert replace(place, name="b").size == 2
    assert replace(place, name="b").origin == "here"
    assert place.name == "a"


def test_values_can_be_copied_and_pickled() -> None:
    place = Place(name="a", parts=[1])

    assert copy.copy(place) == place
    assert pickle.loads(pickle.dumps(place)) == place


def test_repr_is_what_makes_it() -> None:
    assert repr(Place(name="a")) == "Place(name='a', size=1, parts=[], origin='')"


def test_values_match_patterns() -> None:
    match Place(name="a"):
        case Place(name=name, size=1):
            assert name == "a"
        case _:
            pytest.fail("no match")
