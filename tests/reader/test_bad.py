"""Each bad policy is refused with exactly the text beside it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hnvemu.errors import PolicyError
from hnvemu.reader import load_policy

if TYPE_CHECKING:
    from collections.abc import Callable

BAD = Path(__file__).parent / "bad"
CASES = sorted(path for path in BAD.iterdir() if path.suffix != ".err")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_bad_policy_is_refused_with_its_golden_text(
    case: Path, golden: Callable[[Path, str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(BAD)

    with pytest.raises(PolicyError) as caught:
        load_policy(case.name)

    golden(case.with_suffix(".err"), f"{caught.value}\n")


def test_each_golden_text_has_its_policy() -> None:
    stems = {case.stem for case in CASES}

    assert {path.stem for path in BAD.glob("*.err")} == stems


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_both_parsers_of_yaml_find_the_same(case: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The parser in Python serves where PyYAML was built without libyaml."""
    import yaml

    monkeypatch.chdir(BAD)
    with pytest.raises(PolicyError) as with_libyaml:
        load_policy(case.name)
    monkeypatch.delattr(yaml, "CSafeLoader")

    with pytest.raises(PolicyError) as without:
        load_policy(case.name)

    assert str(without.value) == str(with_libyaml.value)
