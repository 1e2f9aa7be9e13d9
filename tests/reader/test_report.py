"""How what is wrong is collected and shown."""

from __future__ import annotations

from hnvemu.findings import Note
from hnvemu.model.origin import Origin
from hnvemu.reader.report import Report, did_you_mean, nearest
from hnvemu.reader.source import Source


def source(name: str, text: str) -> Source:
    return Source(name, text.encode(), text.encode(), True)


def test_findings_are_sorted_by_file_and_place() -> None:
    report = Report()
    for origin in (Origin("a", 2, 1), Origin("b", 1, 1), Origin("a", 1, 9), Origin("z", 0, 0)):
        report.add("wrong", origin)

    error = report.error([source("b", "x"), source("a", "x\ny")])

    places = [str(finding.origin) for finding in error.findings]
    assert places == ["b:1:1", "a:1:9", "a:2:1", "z"]


def test_finding_shows_its_line_and_points_at_its_column() -> None:
    report = Report()
    first = Note("the first one is here", Origin("a", 1, 1))
    report.add("is wrong", Origin("a", 2, 3), code="HNV002", help="do it right", notes=(first,))

    text = str(report.error([source("a", "one\n\ttwo\n")]))

    assert text == (
        "a:2:3: error[HNV002]: is wrong\n"
        "    \ttwo\n"
        "    \t ^\n"
        "  note: the first one is here (a:1:1)\n"
        "  help: do it right"
    )


def test_lines_end_where_yaml_ends_them() -> None:
    report = Report()
    report.add("wrong", Origin("a", 5, 1))

    (finding,) = report.error([source("a", "1\r\n2\r3\u20284\x855")]).findings

    assert finding.excerpt == "5"


def test_long_line_is_cut_around_the_column() -> None:
    report = Report()
    report.add("wrong", Origin("a", 1, 1001))
    line = "x" * 1000 + "!" + "y" * 1000

    (finding,) = report.error([source("a", line)]).findings
    shown, pointer = str(finding).splitlines()[1:]

    assert finding.excerpt is not None
    assert len(finding.excerpt) == 200
    assert shown[pointer.index("^")] == "!"


def test_signs_that_disturb_a_terminal_are_not_shown() -> None:
    report = Report()
    report.add("'\x1b[31m' is wrong", Origin("a", 1, 1), help="\u202e")

    (finding,) = report.error([source("a", "\u202ename")]).findings

    assert finding.message == "'\N{REPLACEMENT CHARACTER}[31m' is wrong"
    assert finding.help == "\N{REPLACEMENT CHARACTER}"
    assert finding.excerpt == "\N{REPLACEMENT CHARACTER}name"


def test_only_so_many_findings_of_a_file_are_shown() -> None:
    report = Report()
    for line in range(1, 131):
        report.add("wrong", Origin("a", line, 1))

    findings = report.error([]).findings

    assert len(findings) == 101
    assert findings[-1].message == "30 more mistakes are in this file; the first 100 are shown"
    assert not report.has_room("a")
    assert report.has_room("b")


def test_long_message_is_cut() -> None:
    report = Report()
    report.add("x" * 10_000, Origin("a", 1, 1))

    (finding,) = report.error([]).findings

    assert len(finding.message) < 500


def test_nearest_word_ignores_case_and_dashes() -> None:
    assert nearest("NEXT-HOP", ["next_hop", "prefix"]) == "next_hop"
    assert nearest("prefx", ["next_hop", "prefix"]) == "prefix"
    assert nearest("mtu", ["provider_mtu", "metric"]) == "provider_mtu"
    assert nearest("qqq", ["next_hop", "prefix"]) is None
    assert nearest("", ["a"]) is None


def test_nearest_of_very_many_words_is_found() -> None:
    known = [f"vm-{number}" for number in range(50_000)]

    assert nearest("vm-123x", known) is not None
    assert nearest("VM-49999", known) == "vm-49999"


def test_question_names_the_nearest_word() -> None:
    assert did_you_mean("hostt", ["hosts"]) == "did you mean 'hosts'?"
    assert did_you_mean("qqq", ["hosts"]) is None
