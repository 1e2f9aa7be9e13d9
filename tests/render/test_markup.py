from __future__ import annotations

from hnvemu.render.markup import block, css_class, name, text
from hnvemu.trace.outcome import Outcome


def test_text_is_escaped_for_elements_and_attributes() -> None:
    assert text("<b> & \"c\" 'd'") == "&lt;b&gt; &amp; &quot;c&quot; &#x27;d&#x27;"


def test_what_nobody_sees_is_written_out() -> None:
    assert text("a\u202eb\x1b\n") == r"a\u202eb\x1b\n"


def test_lines_of_a_block_stay_lines() -> None:
    assert block("<a>\n\u2066b") == "&lt;a&gt;\n\\u2066b"


def test_a_name_keeps_its_direction_to_itself() -> None:
    assert name("\u05d0<") == "<bdi>\u05d0&lt;</bdi>"


def test_every_outcome_has_a_class() -> None:
    assert css_class(Outcome.DROPPED) == "bad"
    assert css_class(Outcome.UNDECIDED) == "unsure"
    assert css_class(Outcome.REPLICATED) == "good"
    assert {css_class(outcome) for outcome in Outcome} == {"good", "bad", "unsure"}
