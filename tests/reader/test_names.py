"""How ports are named."""

from __future__ import annotations

from fnmatch import fnmatchcase

from hnvemu.reader.names import PortNames, Selected


def names() -> PortNames:
    found = PortNames()
    found.add("T", "A")
    found.add("U", "A")
    found.add("T", "B")
    found.add("T", "GW", "inside")
    found.add("T", "GW", "outside")
    found.add("", "MT")
    return found


def test_full_name_of_a_port() -> None:
    found = PortNames()

    assert found.add("T", "A") == "T/A"
    assert found.add("T", "GW", "inside") == "T/GW:inside"
    assert found.add("", "MT") == "MT"
    assert found.add("", "MU", "inside") == "MU:inside"


def test_bare_name_becomes_the_full_one() -> None:
    assert names().patterns("B") == Selected(("T/B",))
    assert names().patterns("T/B") == Selected(("T/B",))
    assert names().patterns("MT") == Selected(("MT",))


def test_bare_name_of_two_vms_has_rivals() -> None:
    assert names().patterns("A") == Selected((), ("T/A", "U/A"))


def test_network_decides_between_rivals() -> None:
    assert names().patterns("A", "U") == Selected(("U/A",))
    assert names().patterns("T/A", "U") == Selected(("T/A",))


def test_name_of_a_vm_stands_for_all_its_adapters() -> None:
    assert names().patterns("GW") == Selected(("T/GW:inside", "T/GW:outside"))
    assert names().patterns("GW:inside") == Selected(("T/GW:inside",))


def test_glob_stays_as_it_is_and_may_match_nothing() -> None:
    assert names().patterns("Z*") == Selected(("Z*",))


def test_unknown_name_is_none() -> None:
    assert names().patterns("Z") is None
    assert names().patterns("T/MT") is None


def test_name_with_signs_of_globs_means_itself() -> None:
    found = names()
    found.add("T", "web[1]*")

    selected = found.patterns("web[1]*")

    assert selected is not None
    (pattern,) = selected.patterns
    assert fnmatchcase("T/web[1]*", pattern)
    assert not fnmatchcase("T/web1", pattern)


def test_spoken_names_are_the_bare_and_the_full_ones() -> None:
    assert set(names().spoken()) > {"A", "T/A", "U/A", "GW:inside", "MT"}
    assert set(names().spoken("U")) == {"A"}
