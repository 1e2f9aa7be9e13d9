"""The short cut through long runs of lines gives what the parser's events give."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hnvemu import Policy, PolicyError, load_policy
from hnvemu.reader import rows

if TYPE_CHECKING:
    from pathlib import Path

    from hnvemu.model.origin import Origin


def policy(vms: int = 20, records: int = 20) -> list[str]:
    """The lines of a policy with a run of VMs and a run of lookup records."""
    return [
        "hnv: 1",
        "hosts:",
        *(f"  H{at}: {{provider_addresses: 192.168.10.{at}/24}}" for at in range(1, 21)),
        "virtual_networks:",
        "  T:",
        '    rdid: "{aaaaaaaa-0000-0000-0000-000000000001}"',
        "    customer_routes: [{prefix: 10.0.1.0/24, next_hop: on-link, vsid: 5001}]",
        "    generate_lookup_records: true",
        "    vms:",
        *(
            f"      V{at}: {{host: H{at % 20 + 1}, vsid: 5001, mac: 02-00-00-00-01-{at:02X},"
            f" ca: 10.0.1.{at + 2}}}"
            for at in range(vms)
        ),
        "    lookup_records:",
        *(
            f"      - {{ca: 2001:db8::{at:x}, vsid: 5001, mac: 02:00:00:00:02:{at:02x},"
            f" pa: 192.168.10.{at + 1}, vm: V{at}}}"
            for at in range(1, records + 1)
        ),
    ]


def read(lines: list[str], folder: Path) -> tuple[object, ...]:
    """Return all that a policy says with every origin, or all that is wrong with it."""
    path = folder / "policy.yaml"
    path.write_bytes("".join(f"{line}\n" for line in lines).encode())
    try:
        found = load_policy(path)
    except PolicyError as error:
        return (str(error),)
    return found, origins(found)


def origins(found: Policy) -> list[object]:
    ports = [port.origin for port in found.ports.values()]
    hosts = [host.origin for host in found.hosts.values()]
    addresses = [pa.origin for host in found.hosts.values() for pa in host.addresses]
    return [*ports, *hosts, *addresses, *(record.origin for record in found.records)]


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look for rows in small files too."""
    monkeypatch.setattr(rows, "SMALLEST", 0)


def both(lines: list[str], folder: Path) -> tuple[tuple[object, ...], tuple[object, ...]]:
    """Read with rows and without."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rows, "SMALLEST", 0)
        with_rows = read(lines, folder)
        patch.setattr(rows, "SMALLEST", 1 << 40)
        return with_rows, read(lines, folder)


def test_runs_are_cut_out_and_lines_stay_where_they_are() -> None:
    lines = policy()
    data = "".join(f"{line}\n" for line in lines).encode()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rows, "SMALLEST", 0)
        kept, runs = rows.cut(data)

    assert [len(run.rows) for run in runs.values()] == [19, 19, 19]
    assert [lines[line].split(":")[0].strip() for line in runs] == ["H1", "V0", "- {ca"]
    assert kept.count(b"\n") == data.count(b"\n")
    assert kept.splitlines()[-20].startswith(b"      - {ca: 2001:db8::1,")


@pytest.mark.usefixtures("short")
def test_rows_are_read_without_the_parser(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read_rows: list[str] = []
    original = rows.RowReader.record

    def record(self: rows.RowReader, row: str, line: int, column: int, origin: Origin) -> object:
        read_rows.append(row)
        return original(self, row, line, column, origin)

    monkeypatch.setattr(rows.RowReader, "record", record)

    read(policy(), tmp_path)

    assert len(read_rows) == 3 * 19


def test_rows_give_the_same_policy(tmp_path: Path) -> None:
    with_rows, without = both(policy(), tmp_path)

    assert len(with_rows) == 2
    assert with_rows == without


@pytest.mark.parametrize(
    ("line", "text"),
    [
        (35, "      V7: {host: H8, vsid: 5001, mac: 02-00-00-00-01-07, ca: 10.0.1.9, colour: red}"),
        (35, "      V6: {host: H8, vsid: 5001, mac: 02-00-00-00-01-07, ca: 10.0.1.9}"),
        (35, "      V7: {host: H8, vsid: 5001, mac: 02-00-00-00-01-07, ca: 10.0.1.999}"),
        (35, "      V7: {host: H8, vsid: 5001, vsid: 5002, mac: 02-00-00-00-01-07}"),
        (35, "      V7: {host: H8, vsid: 5001, ca: 10.0.1.9}"),
        (35, "      V7: {host: H99, vsid: 5001, mac: 02-00-00-00-01-07, ca: 10.0.1.9}"),
        (35, "      V7: {host: null, vsid: 5001, mac: 02-00-00-00-01-07, ca: 10.0.1.9}"),
        (35, "      V7: {adapters: a}"),
        (35, "      - {host: H8, vsid: 5001, mac: 02-00-00-00-01-07, ca: 10.0.1.9}"),
        (55, "      V7: {ca: 10.0.1.9}"),
        (27, "    vms: |"),
        (27, "    vms: {"),
        (27, "    vms: # all of them"),
        (27, "    description: >"),
        (48, "    lookup_records: ["),
        (22, "'"),
    ],
)
def test_what_is_out_of_the_ordinary_is_read_by_the_parser(
    line: int, text: str, tmp_path: Path
) -> None:
    """Every finding, its place and its wording are those without rows."""
    lines = policy()
    lines[line] = text

    with_rows, without = both(lines, tmp_path)

    assert with_rows == without


@settings(
    deadline=None,
    derandomize=True,
    max_examples=150,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.data())
def test_rows_change_nothing_whatever_the_file_says(tmp_path: Path, data: st.DataObject) -> None:
    lines = policy()
    signs = st.sampled_from([*" :,{}[]-#&*!|>'\"%@`~nul\t\r\x85\u2028é0"])
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(lines) - 1))
        line = lines[at]
        match data.draw(st.sampled_from(["insert", "drop", "swap", "remove", "indent"])):
            case "insert":
                column = data.draw(st.integers(0, len(line)))
                lines[at] = line[:column] + data.draw(signs) + line[column:]
            case "drop" if line:
                column = data.draw(st.integers(0, len(line) - 1))
                lines[at] = line[:column] + line[column + 1 :]
            case "swap":
                other = data.draw(st.integers(0, len(lines) - 1))
                lines[at], lines[other] = lines[other], lines[at]
            case "remove" if len(lines) > 1:
                del lines[at]
            case _:
                lines[at] = " " * data.draw(st.integers(0, 8)) + line.lstrip()

    with_rows, without = both(lines, tmp_path)

    assert with_rows == without
