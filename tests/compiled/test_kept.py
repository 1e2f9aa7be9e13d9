"""When what was compiled stands for the files, and when they are read again."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from compiled.alike import parts

from hnvemu import Fabric, PolicyError, QuestionError, load_policy
from hnvemu.compiled import kept, load
from hnvemu.compiled.load import NotKept
from hnvemu.compiled.rows import CompiledRecords
from hnvemu.compiled.store import Stamp, Store, program
from hnvemu.reader.source import SIZE_LIMIT

if TYPE_CHECKING:
    from collections.abc import Callable

    from hnvemu import Policy
    from hnvemu.compiled.load import Compiled

HEAD = """
hnv: 1
hosts:
  H1: {provider_addresses: 192.168.10.11/24}
  H2: {provider_addresses: 192.168.10.12/24}
virtual_networks:
  T:
    rdid: "{aaaaaaaa-0000-0000-0000-000000000001}"
    customer_routes:
      - {prefix: 10.0.0.0/16, next_hop: on-link, vsid: 5001}
    vms:
"""
LONG_AGO = 1_600_000_000 * 10**9


def text(vms: int = 40) -> str:
    lines = [
        f"      A{at}: {{host: H{at % 2 + 1}, vsid: 5001, mac: 02-00-00-00-{at >> 8:02X}-"
        f"{at & 255:02X}, ca: 10.0.{at >> 8}.{at & 255}}}\n"
        for at in range(2, vms)
    ]
    return HEAD + "".join(lines)


def written(path: Path, content: str, *, at: int = LONG_AGO) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text(content, encoding="utf-8")
    os.utime(path, ns=(at, at))
    return path


@pytest.fixture(autouse=True)
def _keep_small_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load, "SMALL", 1000)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return written(tmp_path / "policy.yaml", text())


@pytest.fixture
def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let files be old enough for their times to tell, whenever they changed."""
    monkeypatch.setattr(kept, "_YOUNG", -(10**18))


def read(store: Store, *paths: Path) -> Compiled:
    return load.load([str(path) for path in paths], size_limit=SIZE_LIMIT, store=store)


def is_compiled(policy: Policy) -> bool:
    return isinstance(policy.records, CompiledRecords)


@pytest.fixture
def unread(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Return what makes every reading of a policy's text fail from then on."""

    def forbid() -> None:
        def fail(*_: object, **__: object) -> None:
            pytest.fail("a file is read")

        for name in ("gather", "hash_of"):
            monkeypatch.setattr(kept, name, fail)

    return forbid


@pytest.mark.usefixtures("settled")
def test_the_second_load_reads_no_text(
    file: Path, store: Store, unread: Callable[[], None]
) -> None:
    first = read(store, file)

    unread()
    second = read(store, file)

    assert first.is_new
    assert not second.is_new
    assert is_compiled(second.policy)
    assert parts(second.policy) == parts(first.policy) == parts(load_policy(file))
    assert second.policy.sha256 == load_policy(file).sha256


def test_a_small_policy_is_not_kept(tmp_path: Path, store: Store) -> None:
    small = written(tmp_path / "small.yaml", HEAD.replace("vms:", ""))

    done = read(store, small)

    assert done.why is NotKept.SMALL
    assert not store.folder.exists()


@pytest.mark.usefixtures("settled")
def test_a_touched_file_of_the_same_octets_is_hashed_once(
    file: Path, store: Store, unread: Callable[[], None]
) -> None:
    read(store, file)
    os.utime(file, ns=(LONG_AGO + 1, LONG_AGO + 1))

    touched = read(store, file)
    unread()
    again = read(store, file)

    assert is_compiled(touched.policy)
    assert is_compiled(again.policy)


@pytest.mark.usefixtures("settled")
def test_an_edit_of_the_same_size_and_time_is_seen(file: Path, store: Store) -> None:
    read(store, file)
    written(file, text().replace("host: H2", "host: H1"))

    done = read(store, file)

    assert done.is_new
    assert {port.host for port in done.policy.ports.values()} == {"H1"}


def test_an_edit_right_after_the_load_is_seen(file: Path, store: Store) -> None:
    """Whose times are younger than the grain of the file system, is hashed."""
    read(store, file)
    before = file.stat()
    with file.open("r+", encoding="utf-8") as open_file:
        open_file.write(text().replace("host: H2", "host: H1"))
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))

    assert {port.host for port in read(store, file).policy.ports.values()} == {"H1"}


@pytest.mark.parametrize(("age", "seen"), [(0, True), (3600, False)])
def test_times_tell_nothing_of_a_file_that_was_young(
    file: Path, store: Store, monkeypatch: pytest.MonkeyPatch, age: int, *, seen: bool
) -> None:
    changed = time.time_ns() - age * 10**9
    same = [Stamp(file.stat().st_size, changed, changed, 1, 1)]
    for module in (load, kept):
        monkeypatch.setattr(module, "stamps", lambda _: same)
    read(store, file)
    written(file, text().replace("host: H2", "host: H1"))

    done = read(store, file)

    assert ({port.host for port in done.policy.ports.values()} == {"H1"}) == seen


@pytest.mark.usefixtures("settled")
def test_another_file_in_the_place_of_one_is_seen(file: Path, store: Store, tmp_path: Path) -> None:
    read(store, file)
    other = written(tmp_path / "other", text().replace("host: H2", "host: H1"))
    other.replace(file)

    assert {port.host for port in read(store, file).policy.ports.values()} == {"H1"}


@pytest.mark.usefixtures("settled")
def test_a_file_that_comes_to_a_folder_or_leaves_it_is_seen(tmp_path: Path, store: Store) -> None:
    folder = tmp_path / "policies"
    written(folder / "b.yaml", text())
    read(store, folder)

    written(folder / "c.yaml", "services: {web: [tcp/80]}\n")
    more = read(store, folder)
    (folder / "c.yaml").unlink()
    fewer = read(store, folder)

    assert [*more.policy.services] == ["web"]
    assert not fewer.policy.services
    assert is_compiled(fewer.policy)


@pytest.mark.usefixtures("settled")
def test_the_same_name_in_another_folder_is_another_policy(
    tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(tmp_path / "one" / "hnv.yaml", text())
    written(tmp_path / "two" / "hnv.yaml", text().replace("host: H2", "host: H1"))
    hosts = []

    for folder in ("one", "two", "one", "two"):
        monkeypatch.chdir(tmp_path / folder)
        done = read(store, Path("hnv.yaml"))
        hosts.append({port.host for port in done.policy.ports.values()})

    assert hosts == [{"H1", "H2"}, {"H1"}] * 2


@pytest.mark.usefixtures("settled")
def test_another_version_does_not_take_it(file: Path, store: Store) -> None:
    read(store, file)

    assert read(Store(store.folder, version="2"), file).is_new
    assert not read(store, file).is_new


@pytest.mark.usefixtures("settled")
def test_modules_that_somebody_works_on_do_not_take_it(
    file: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    read(store, file)
    assert any(name.endswith("generate.py") for name, *_ in program())
    monkeypatch.setattr(kept, "program", lambda: (("reader/policy.py", 1, 2),))

    assert read(store, file).is_new


@pytest.mark.usefixtures("settled")
def test_another_form_of_images_is_not_taken(
    file: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    read(store, file)
    monkeypatch.setattr(kept, "FORMAT", 1000)

    assert read(store, file).is_new


@pytest.mark.usefixtures("settled")
def test_a_policy_with_a_mistake_is_never_kept(file: Path, store: Store) -> None:
    read(store, file)
    written(file, text() + "nonsense: 1\n")

    for _ in range(2):
        with pytest.raises(PolicyError, match="nonsense"):
            read(store, file)


def test_a_file_larger_than_the_limit_is_refused_although_it_is_kept(
    file: Path, store: Store
) -> None:
    read(store, file)

    with pytest.raises(PolicyError, match="is larger than"):
        load.load([str(file)], size_limit=2000, store=store)


def test_a_file_given_twice_is_refused_although_it_is_kept(file: Path, store: Store) -> None:
    read(store, file)

    with pytest.raises(PolicyError, match="given twice"):
        read(store, file, file)


@pytest.mark.usefixtures("settled")
def test_a_script_is_read_each_time_because_it_may_read_others(
    tmp_path: Path, store: Store
) -> None:
    folder = tmp_path / "script"
    rows = "".join(f"10.0.{at >> 8}.{at & 255},5001,020000{at:06X}\n" for at in range(2, 90))
    written(folder / "rows.csv", "CA,VSID,MAC\n" + rows)
    script = written(
        folder / "make.ps1",
        "foreach ($row in Import-Csv rows.csv) {\n"
        "New-NetVirtualizationLookupRecord -CustomerAddress $row.CA -VirtualSubnetID $row.VSID"
        " -MACAddress $row.MAC -ProviderAddress 192.168.10.11 -Rule TranslationMethodEncap\n}\n"
        + "#"
        * 1000,
    )
    first = read(store, script)
    written(folder / "rows.csv", "CA,VSID,MAC\n" + rows + "10.0.200.1,5001,020000FFFF00\n")

    second = read(store, script)

    assert first.why is second.why is NotKept.SCRIPT
    assert len(second.policy.records) == len(first.policy.records) + 1 == 89


@pytest.mark.usefixtures("settled")
def test_losses_of_what_is_imported_are_kept(tmp_path: Path, store: Store) -> None:
    end = '"192.168.10.11","TranslationMethodEncap"'
    rows = "".join(f'"10.0.0.{at}","5001","0200{at:08X}",{end}\n' for at in range(2, 90))
    table = written(
        tmp_path / "Get-NetVirtualizationLookupRecord.csv",
        '"CustomerAddress","VirtualSubnetID","MACAddress","ProviderAddress","Rule"\n' + rows,
    )
    first = read(store, table)

    second = read(store, table)

    assert is_compiled(second.policy)
    assert first.policy.losses
    assert parts(second.policy) == parts(first.policy) == parts(load_policy(table))


# ---------------------------------------------------------------------------------------------
# Damage


def damaged(path: Path, at: int, *, cut: bool = False) -> None:
    octets = bytearray(path.read_bytes())
    octets[at] ^= 0x55
    path.write_bytes(octets[: at if cut else len(octets)])


@pytest.mark.usefixtures("settled")
@pytest.mark.parametrize("cut", [False, True])
def test_a_damaged_image_is_made_anew_wherever_the_damage_is(
    file: Path, store: Store, *, cut: bool
) -> None:
    first = read(store, file)
    assert first.path is not None
    whole = first.path.read_bytes()

    for at in range(0, len(whole), len(whole) // 40):
        damaged(first.path, at, cut=cut)
        done = read(store, file)
        assert parts(done.policy) == parts(first.policy)
        first.path.write_bytes(whole)


@pytest.mark.usefixtures("settled")
def test_a_damaged_row_is_found_when_a_trace_wants_it(file: Path, store: Store) -> None:
    first = read(store, written(file, text(1000)))
    assert first.path is not None
    whole = bytearray(first.path.read_bytes())
    name = whole.index(b"T/A17T/A18") + 8  # in the names of ports
    damaged(first.path, name)

    done = read(store, file)
    port = Fabric.compile(done.policy).port("A18")

    assert port == load_policy(file).ports["T/A18"]
    assert is_compiled(done.policy)
    assert first.path.read_bytes() == whole


@pytest.mark.usefixtures("settled")
def test_damage_and_an_edit_at_once_give_no_mixture(file: Path, store: Store) -> None:
    first = read(store, written(file, text(1000)))
    assert first.path is not None
    damaged(first.path, first.path.read_bytes().index(b"T/A17T/A18"))
    done = read(store, file)
    written(file, text().replace("host: H2", "host: H1"))

    with pytest.raises(QuestionError, match="has changed while it was read"):
        [*done.policy.ports.values()]


@pytest.mark.usefixtures("settled")
def test_a_damaged_key_is_no_key(file: Path, store: Store) -> None:
    read(store, file)
    (key,) = store.folder.glob("*.key")
    whole = key.read_bytes()

    for at in range(0, len(whole), 9):
        key.write_bytes(whole[:at] + bytes((whole[at] ^ 1,)) + whole[at + 1 :])
        assert read(store, file).is_new
    for octets in (b"", whole[:10], whole * 2, b"\0" * 100):
        key.write_bytes(octets)
        assert read(store, file).is_new


@pytest.mark.usefixtures("settled")
def test_the_image_of_another_policy_is_not_taken(file: Path, store: Store, tmp_path: Path) -> None:
    first = read(store, file)
    other = read(store, written(tmp_path / "other.yaml", text(50)))
    assert first.path is not None
    assert other.path is not None
    shutil.copy(other.path, first.path)

    assert parts(read(store, file).policy) == parts(load_policy(file))


# ---------------------------------------------------------------------------------------------
# The folder


def test_a_folder_that_cannot_be_made_is_done_without(file: Path, tmp_path: Path) -> None:
    (tmp_path / "in-the-way").touch()
    store = Store(tmp_path / "in-the-way" / "cache", version="1")

    done = read(store, file)

    assert done.why is NotKept.FOLDER
    assert done.policy == load_policy(file)


def test_two_processes_at_once_both_answer(file: Path, store: Store) -> None:
    program = (
        "import sys; from pathlib import Path; from hnvemu.compiled import load, store;"
        "load.SMALL = 1000;"
        "done = load.load([sys.argv[1]], size_limit=1 << 30, "
        "store=store.Store(Path(sys.argv[2]), version='1'));"
        "print(len(done.policy.records))"
    )
    command = [sys.executable, "-c", program, str(file), str(store.folder)]

    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    told = [process.communicate()[0] for process in both]

    assert told == [f"{len(load_policy(file).records)}\n"] * 2
    assert sorted(path.suffix for path in store.folder.iterdir()) == [".hnvc", ".key"]
    assert not read(store, file).is_new


def test_the_oldest_images_make_room(tmp_path: Path) -> None:
    store = Store(tmp_path / "cache", version="1", limit=20_000)
    paths = []
    for number in range(4):
        done = read(store, written(tmp_path / f"{number}.yaml", text(40 + number)))
        assert done.path is not None
        os.utime(done.path, ns=(LONG_AGO + number, LONG_AGO + number))
        paths.append(done.path)

    assert not paths[0].exists()
    assert paths[-1].exists()
    assert sum(path.stat().st_size for path in store.folder.iterdir()) <= 20_000


def test_only_what_is_ours_is_cleared(file: Path, store: Store) -> None:
    read(store, file)
    (store.folder / "letter.txt").write_text("mine")

    count, octets = store.clear()

    assert count == 2
    assert octets > 5_000
    assert [path.name for path in store.folder.iterdir()] == ["letter.txt"]
