from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hnvemu.render.layout import (
    Span,
    Style,
    cells,
    padded,
    plain,
    printable,
    styled,
    wrap,
)

TEXT = st.text(alphabet=st.sampled_from("ab,;: -é世"), max_size=60)


def test_what_a_terminal_would_obey_is_written_as_an_escape() -> None:
    assert printable("web\x1b[31m\n") == r"web\x1b[31m\n"


def test_direction_marks_are_written_as_an_escape() -> None:
    assert printable("a\u202eb") == r"a\u202eb"


def test_letters_of_any_language_stay() -> None:
    assert printable("Köln-世界") == "Köln-世界"


def test_wide_letters_take_two_columns_and_accents_none() -> None:
    assert cells("世界") == 4
    assert cells("e\u0301") == 1
    assert padded("世", 4) == "世  "


def test_lines_break_at_spaces() -> None:
    assert wrap("one two three", 8) == ["one two", "three"]


def test_a_word_longer_than_the_line_stays_whole() -> None:
    assert wrap("a 2001:db8:ffff:ffff::1 b", 10) == ["a", "2001:db8:ffff:ffff::1", "b"]


def test_a_line_that_is_half_full_ends_after_punctuation() -> None:
    assert wrap("to 192.168.10.12, MAC 02-00", 22) == ["to 192.168.10.12,", "MAC 02-00"]


def test_an_arrow_stands_before_what_it_leads_to() -> None:
    assert wrap("192.168.10.11 -> 192.168.10.12", 20) == ["192.168.10.11", "-> 192.168.10.12"]


def test_spaces_inside_a_line_stay() -> None:
    assert wrap("rule 'a  b'", 40) == ["rule 'a  b'"]


@given(TEXT, st.integers(1, 30))
def test_wrapping_loses_no_word(text: str, width: int) -> None:
    assert (
        " ".join(wrap(text, width)).split() == text.split(" ")
        or " ".join(wrap(text, width)).split() == text.split()
    )


@given(TEXT, st.integers(1, 30))
def test_a_line_is_too_long_only_where_a_word_is(text: str, width: int) -> None:
    for line in wrap(text, width):
        assert cells(line) <= width or " " not in line


def test_plain_text_has_no_spaces_at_the_ends_of_lines() -> None:
    lines = [(Span("a", Style.BAD), Span("  ")), (), (Span(" b"),)]

    assert plain(lines) == "a\n\n b"


def test_styled_text_is_the_plain_text_in_colour() -> None:
    lines = [(Span("DROPPED", Style.BAD), Span(" [red]x[/red]")), (Span("b"),)]

    text = styled(lines)

    assert text.plain == "DROPPED [red]x[/red]\nb"
    assert str(text.spans[0]) == "Span(0, 7, 'bold red')"
