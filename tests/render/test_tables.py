from __future__ import annotations

from textwrap import dedent

from hnvemu.render.tables import table_text


def test_columns_are_as_wide_as_their_widest_cell() -> None:
    text = table_text(["VM", "Host"], [["T/A", "H1"], ["T/GW:inside", "H2"]])

    assert text + "\n" == dedent("""\
        VM           Host
        T/A          H1
        T/GW:inside  H2
        """)


def test_the_last_column_is_wrapped() -> None:
    text = table_text(["Rule", "Remote"], [["a", "10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16"]], 36)

    assert text + "\n" == dedent("""\
        Rule  Remote
        a     10.0.0.0/8, 172.16.0.0/12,
              192.168.0.0/16
        """)


def test_a_table_wider_than_the_terminal_is_not_cut_off() -> None:
    text = table_text(["Host", "Name"], [["h" * 50, "n" * 50]], 40)

    assert "h" * 50 in text
    assert "n" * 50 in text


def test_wide_letters_do_not_shift_columns() -> None:
    text = table_text(["VM", "Host"], [["世界", "H1"], ["abcd", "H2"]])

    assert text.splitlines()[1:] == ["世界  H1", "abcd  H2"]


def test_a_name_cannot_steer_the_terminal() -> None:
    assert r"\x1b[2J" in table_text(["VM"], [["\x1b[2J"]])


def test_a_table_without_rows_is_its_headers() -> None:
    assert table_text(["VM", "Host"], []) == "VM  Host"
