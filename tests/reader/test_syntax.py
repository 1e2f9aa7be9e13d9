"""What the parser's errors are called."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hnvemu.errors import PolicyError
from hnvemu.reader.source import Source
from hnvemu.reader.syntax import explain

if TYPE_CHECKING:
    from collections.abc import Callable

    from hnvemu.model.policy import Policy


def test_file_is_read_up_to_the_syntax_error(read: Callable[[str], Policy]) -> None:
    with pytest.raises(PolicyError) as caught:
        read("hnv: 1\nhosts: {H1: {provider_mtu: x}}\nservices: {web: [47\n")

    assert [finding.message for finding in caught.value.findings] == [
        "'x' is not a whole number",
        "a ',' or ']' is missing before this",
    ]


def test_error_without_a_place_is_that_of_the_file() -> None:
    from yaml import YAMLError

    message, origin, notes, advice = explain(YAMLError(), Source("a", b"", b"", True))

    assert (message, str(origin), notes, advice) == ("this is not YAML", "a", (), None)


def test_error_of_an_unknown_kind_keeps_the_parser_s_words() -> None:
    from yaml import MarkedYAMLError
    from yaml.error import Mark

    mark = Mark("", 0, 0, 2, None, 0)
    error = MarkedYAMLError(problem="something new", problem_mark=mark)

    message, origin, _, _ = explain(error, Source("a", b"abc", b"abc", True))

    assert (message, str(origin)) == ("this is not YAML: something new", "a:1:3")
