"""Many frames at once: what is known of which frames, and where that ends."""

from __future__ import annotations

import random
import struct
from array import array
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest
from replay.engines import FAST, NUMPY, PLAIN, SECOND, STEPS, Frame, Replayed, replayed, write

from hnvemu import Outcome, Reason
from hnvemu.wire.chunks import walk_records

np = pytest.importorskip("numpy", reason="needs NumPy: hnvemu[replay]")

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from hnvemu import Fabric

    Network = Callable[..., Fabric]
    Build = Callable[..., bytes]

pytestmark = pytest.mark.parametrize("engine", [NUMPY, FAST])

GUARDED = """
firewall:
  defaults:
    - {vms: [A], inbound: block}
"""
TIMED = """
extended_acls:
  - {vms: [A], direction: outbound, weight: 10, action: allow, protocol: tcp, stateful: true,
     idle_timeout: 60}
  - {vms: [A], direction: inbound, weight: 1, action: deny}
"""
OVER_IPV6 = (
    ("provider_addresses: [192.168.10.11/24]", 'provider_addresses: ["2001:db8:f::1/64"]'),
    ("provider_addresses: [192.168.10.12/24]", 'provider_addresses: ["2001:db8:f::2/64"]'),
)


def both(engine: str, fabric: Fabric, folder: Path, frames: list[Frame], **asked: Any) -> Replayed:
    """Take frames by an engine, and make sure that one after another they come to the same."""
    capture = write(folder / "frames.pcap", frames)
    found = replayed(engine, fabric, capture, **asked)
    assert found == replayed(PLAIN, fabric, capture, **asked)
    return found


def outcomes(found: Replayed) -> list[tuple[Outcome, Reason | None, int]]:
    return [(row.verdict.outcome, row.verdict.reason, row.packets) for row in found.flows]


def test_frames_of_one_flow_are_counted_together(
    engine: str, network: Network, frame: Build, tmp_path: Path
) -> None:
    sent = frame("A", "X", "tcp")

    found = both(engine, network(), tmp_path, [Frame(at, sent) for at in range(5)])

    (row,) = found.flows
    assert (row.packets, row.octets, row.first, row.last) == (5, 5 * len(sent), 0, 4)


def test_a_frame_that_opens_a_session_changes_the_answer_of_the_next_one_in_its_chunk(
    engine: str, network: Network, frame: Build, tmp_path: Path
) -> None:
    request = frame("A", "X", "tcp", src_port=40000, dst_port=80)
    answer = frame("X", "A", "tcp", src_port=80, dst_port=40000)
    frames = [answer, answer, request, answer, answer, answer]

    found = both(engine, network(also=GUARDED), tmp_path, [Frame(0, each) for each in frames])

    assert outcomes(found) == [
        (Outcome.DROPPED, Reason.ACL_DENY_IN, 2),
        (Outcome.DELIVERED, None, 1),
        (Outcome.DELIVERED, None, 3),
    ]


def test_a_frame_changes_the_answer_of_known_ones_behind_it_in_its_chunk(
    engine: str, network: Network, frame: Build, tmp_path: Path
) -> None:
    request = frame("A", "X", "tcp", src_port=40000, dst_port=80, length=60)
    answer = frame("X", "A", "tcp", src_port=80, dst_port=40000, length=60)
    frames = [answer, answer, answer, answer, answer, request, answer, answer]
    four = 4 * (16 + len(answer))

    found = both(
        engine, network(also=GUARDED), tmp_path, [Frame(0, each) for each in frames], chunk=four
    )

    assert [packets for _, _, packets in outcomes(found)] == [5, 1, 2]


def test_a_frame_with_options_changes_the_answer_of_those_that_are_known(
    engine: str, network: Network, frame: Build, tmp_path: Path
) -> None:
    plain = frame("A", "X", "tcp", src_port=40000, dst_port=80)
    answer = frame("X", "A", "tcp", src_port=80, dst_port=40000)
    header = bytearray(plain[14:34])
    header[0] = 0x46
    struct.pack_into("!H", header, 2, len(plain) - 10)
    header[10:12] = b"\0\0"
    header += b"\x01\x01\x01\x00"
    struct.pack_into("!H", header, 10, -int.from_bytes(header) % 0xFFFF)
    request = plain[:14] + bytes(header) + plain[34:]
    fabric = network(also=GUARDED)
    known = [Frame(0, answer)] * 3

    found = both(engine, fabric, tmp_path, [*known, Frame(1, request), *known])

    assert [packets for _, _, packets in outcomes(found)] == [3, 1, 3]


@pytest.mark.parametrize("chunk", [1 << 20, 150, 60])
def test_frames_taken_at_once_keep_a_session_alive(
    engine: str, network: Network, frame: Build, tmp_path: Path, chunk: int
) -> None:
    request = frame("A", "X", "tcp", src_port=40000, dst_port=80)
    answer = frame("X", "A", "tcp", src_port=80, dst_port=40000)
    times = [(0, request), (50, request), (59, request), (118, answer), (179, answer)]
    frames = [Frame(at * SECOND, octets) for at, octets in times]

    found = both(engine, network(also=TIMED), tmp_path, frames, chunk=chunk)

    assert outcomes(found) == [
        (Outcome.DELIVERED, None, 3),
        (Outcome.DELIVERED, None, 1),
        (Outcome.DROPPED, Reason.ACL_DENY_IN, 1),
    ]


def test_a_packet_that_is_its_own_reply_opens_the_door_for_the_next_one(
    engine: str, network: Network, frame: Build, tmp_path: Path
) -> None:
    alike = frame("A", "A", "udp", src_port=53, dst_port=53)

    found = both(engine, network(also=GUARDED), tmp_path, [Frame(0, alike)] * 3)

    assert outcomes(found) == [
        (Outcome.DROPPED, Reason.ACL_DENY_IN, 1),
        (Outcome.DELIVERED, None, 2),
    ]


def test_one_flow_has_short_and_long_frames_in_turn(
    engine: str, network: Network, frame: Build, tmp_path: Path
) -> None:
    fits = frame("A", "X", "tcp", length=1458)
    too_long = frame("A", "X", "tcp", length=1459)

    found = both(
        engine, network(), tmp_path, [Frame(at, (fits, too_long)[at % 2]) for at in range(9)]
    )

    assert outcomes(found) == [
        (Outcome.DELIVERED, None, 5),
        (Outcome.DROPPED, Reason.MTU_EXCEEDED, 4),
    ]


def test_counters_of_forgotten_classes_are_kept(
    engine: str, network: Network, frame: Build, tmp_path: Path
) -> None:
    flows = [frame("A", "X", "tcp", src_port=port, dst_port=80) for port in range(1000, 1007)]

    found = both(engine, network(), tmp_path, [Frame(1, each) for each in flows * 3], most=2)

    assert [row.packets for row in found.flows] == [3, 3]
    assert [row.packets for row in found.others] == [15]


@pytest.mark.parametrize("profile", ["transparent", "ws2012", "ws2012r2", "hnvv2"])
@pytest.mark.parametrize("suffix", ["pcap", "pcapng"])
def test_records_are_octet_for_octet_those_of_frames_sent_alone(
    engine: str, network: Network, frame: Build, tmp_path: Path, profile: str, suffix: str
) -> None:
    fabric = network(profile=profile, flow_id=None)
    pairs = [("A", "X"), ("A", "B"), ("A", "C"), ("X", "A"), ("A", "8.8.8.8")]
    frames = [
        Frame(at, frame(*pair, kind, length=length, tos=tos, **ports))
        for at, pair in enumerate(pairs)
        for kind, ports in (("tcp", {"src_port": 80}), ("udp", {"dst_port": 53}), ("icmp", {}))
        for length in (60, 61, 62, 63, 100, 590, 1300, 1458, 1472)
        for tos in (0, 3)
    ]

    found = both(engine, fabric, tmp_path, frames * 2, suffix=suffix)

    assert len(found.files["wire"]) > len(frames) * 60


@pytest.mark.parametrize("checksum", [0, 0xFEFE, 0xFEFF, 0xFF00, 0xFFFE, 0xFFFF])
def test_the_header_checksum_is_carried_round(
    engine: str, network: Network, frame: Build, tmp_path: Path, checksum: int
) -> None:
    changed = bytearray(frame("A", "X", "tcp"))
    changed[18:20] = bytes(2)
    changed[24:26] = checksum.to_bytes(2)
    changed[18:20] = (-int.from_bytes(changed[14:34]) % 0xFFFF).to_bytes(2)

    found = both(engine, network(profile="ws2012r2"), tmp_path, [Frame(0, bytes(changed))] * 2)

    assert found.files["delivered"][-len(changed) + 22] == changed[22] - 1


def test_the_checksum_of_udp_over_ipv6_covers_the_frame(
    engine: str, network: Network, frame: Build, tmp_path: Path
) -> None:
    fabric = network(*OVER_IPV6, profile="hnvv2")
    sent = [frame("A", "X", "udp", length=length) for length in range(60, 70)]
    (crossing,) = fabric.send(sent[0], at="A").wire
    checksum = crossing.frame[60:62]
    word = (int.from_bytes(sent[0][50:52]) + int.from_bytes(checksum)) % 0xFFFF
    sent.append(sent[0][:50] + word.to_bytes(2) + sent[0][52:])  # the checksum is 0 so

    found = both(engine, fabric, tmp_path, [Frame(0, each) for each in sent])

    wire = found.files["wire"]
    assert wire[24 + 16 + 60 :][:2] == checksum
    assert wire[-len(sent[0]) - 10 :][:2] == b"\xff\xff"


@pytest.mark.parametrize("chunk", [1 << 20, 150])
def test_each_interface_is_described_in_front_of_its_first_frame(
    engine: str, network: Network, frame: Build, tmp_path: Path, chunk: int
) -> None:
    to_all = frame("A", "255.255.255.255", "udp")
    frames = [frame("A", "X"), to_all, frame("X", "A"), frame("A", "X"), frame("B", "C"), to_all]

    found = both(
        engine,
        network(),
        tmp_path,
        [Frame(0, each) for each in frames],
        suffix="pcapng",
        chunk=chunk,
    )

    assert Outcome.REPLICATED in {outcome for outcome, _, _ in outcomes(found)}


def test_what_is_inside_a_tunnel_is_no_part_of_a_key(
    engine: str, network: Network, frame: Build, tmp_path: Path
) -> None:
    fabric = network(profile="hnvv2")
    crossing = [
        fabric.send(frame("A", "X", "tcp", dst_port=port, ttl=ttl), at="A").wire[0].frame
        for port, ttl in ((80, 64), (81, 64), (80, 1))
    ]

    found = both(engine, fabric, tmp_path, [Frame(0, each) for each in crossing * 2], at="pa")

    assert [row.packets for row in found.flows] == [4, 2]


def test_one_frame_enters_by_each_interface_at_another_port(
    engine: str, network: Network, frame: Build, tmp_path: Path
) -> None:
    fabric = network()
    sent = frame("A", "X", "tcp")
    capture = write(
        tmp_path / "in.pcapng", [Frame(0, sent, 0, at) for at in (0, 1, 0, 1, 1)], ["T/A", "T/C"]
    )

    found = replayed(engine, fabric, capture, at="interface")

    assert [(row.entry, row.packets) for row in found.flows] == [("T/A", 2), ("T/C", 3)]


@pytest.mark.parametrize(
    ("place", "octets"),
    [(12, "86dd"), (14, "46"), (14, "55"), (16, "ffff"), (16, "0027"), (20, "2001"), (23, "2f")],
)
def test_frames_that_need_a_closer_look_have_no_key(
    engine: str, frame: Build, place: int, octets: str
) -> None:
    sent = frame("A", "X", "tcp", length=60)
    changed = sent[:place] + bytes.fromhex(octets) + sent[place + len(octets) // 2 :]

    assert [key is None for key in _keys(engine, [sent, mended(changed)])] == [False, True]


def test_frames_with_a_wrong_checksum_or_octets_missing_have_no_key(
    engine: str, frame: Build
) -> None:
    sent = frame("A", "X", "udp", length=60)
    wrong = sent[:24] + bytes([sent[24] ^ 1]) + sent[25:]

    assert _keys(engine, [wrong]) == [None]
    assert _keys(engine, [sent], missing=1) == [None]
    assert _keys(engine, [sent[:20]]) == [None]


@pytest.mark.parametrize(("kind", "is_told"), [(8, True), (0, True), (3, False), (13, False)])
def test_an_identifier_is_in_the_key_of_echoes_alone(
    engine: str,
    frame: Build,
    kind: int,
    is_told: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    ping = frame("A", "X", "icmp", length=60)
    sent = ping[:34] + bytes([kind]) + ping[35:]

    one, other = _keys(engine, [sent, sent[:39] + bytes([sent[39] ^ 1]) + sent[40:]])

    assert (one != other) == is_told


@pytest.mark.parametrize("place", [0, 5, 6, 11, 15, 22, 23, 26, 29, 30, 33, 34, 35, 36, 37])
def test_every_octet_that_a_flow_is_read_from_is_in_the_key(
    engine: str, frame: Build, place: int
) -> None:
    sent = frame("A", "X", "udp", length=60)
    changed = bytearray(sent)
    changed[place] ^= 6 ^ 17  # which makes UDP of TCP

    one, other = _keys(engine, [sent, mended(bytes(changed))])

    assert None not in (one, other)
    assert one != other


def mended(frame: bytes) -> bytes:
    """Return a frame whose header checksum is right."""
    header = frame[14:24] + b"\0\0" + frame[26:34]
    return frame[:24] + (-int.from_bytes(header) % 0xFFFF).to_bytes(2) + frame[26:]


def _keys(engine: str, frames: list[bytes], *, missing: int = 0) -> list[bytes | None]:
    """Return the key of each frame, or None."""
    lengths = np.array([len(frame) for frame in frames])
    none = np.zeros(len(frames), np.int64)
    octets = np.frombuffer(bytearray(b"".join(frames)), np.uint8)
    starts = np.cumsum(lengths) - lengths
    arrays = import_module("hnvemu.replay.known").Frames(
        octets, starts, lengths, lengths + missing, none, none, none
    )
    found: list[bytes | None] = [None] * len(frames)
    which, keys, _ = import_module(STEPS[engine]).keys(arrays, by_interface=False)
    for at, key in zip(which.tolist(), keys, strict=True):
        found[at] = key.tobytes()
    return found


def test_keys_of_one_hash_are_compared_in_full(engine: str) -> None:
    known = import_module("hnvemu.replay.known").Known([])
    keys = np.eye(4, dtype=np.uint64)  # of the last one, each differs in one word
    keys = np.append(keys, np.zeros((1, 4), np.uint64), axis=0)

    for row in range(4):
        known.learn(keys[row], 5, row)
    found = _found(engine, known, keys, np.full(5, 5, np.uint64))

    assert found == [0, 1, 2, 3, -1]
    assert [known.find(keys[row], 5, 100, 0) for row in range(5)] == found


def test_a_key_leads_to_the_last_answer_and_takes_one_place(
    engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = import_module("hnvemu.replay.known")
    monkeypatch.setattr(module, "_MOST_ENTRIES", 2)
    known = module.Known([])
    keys = np.arange(8, dtype=np.uint64).reshape(2, 4)

    known.learn(keys[0], 5, 3)
    for row in (0, 1, 2, 1):
        known.learn(keys[1], 5, row)

    assert _found(engine, known, keys, np.full(2, 5, np.uint64)) == [3, 1]


def test_thousands_of_keys_are_found(engine: str) -> None:
    known = import_module("hnvemu.replay.known").Known([])
    keys = np.arange(40_000, dtype=np.uint64).reshape(-1, 4)
    hashes = keys[:, 0] * np.uint64(0x9E3779B97F4A7C15)

    for key, digest in zip(keys, hashes.tolist(), strict=True):
        known.learn(key, digest, int(key[0]) % 4)

    assert _found(engine, known, keys, hashes) == (keys[:, 0] % 4).tolist()


def test_records_are_walked_whatever_is_inside_them(engine: str) -> None:
    chance = random.Random(7)
    walk = import_module(STEPS[engine]).walk
    for _ in range(300):
        order = chance.choice("<>")
        lookalike = struct.pack(f"{order}4I", 0x65000000, 1, chance.randrange(90), 60)
        octets = bytearray(5)
        for _ in range(chance.randrange(12)):
            seconds = chance.choice([0, 0x65000000, 0x65000001, 0x65010000, 0xFFFFFFFF])
            inside = chance.choice([bytes(chance.randrange(90)), lookalike * 3, b"~" * 7])
            octets += struct.pack(f"{order}4I", seconds, 1, len(inside), len(inside)) + inside
        place = 5, len(octets) - chance.randrange(2), order == ">", False
        room = chance.choice([3, 20])

        plain = [array("q", bytes(8 * room)) for _ in range(4)]
        expected = walk_records(octets, *place, *plain)
        arrays = [np.zeros(room, np.int64) for _ in range(4)]
        found = walk(np.frombuffer(octets, np.uint8), *place, *arrays)

        assert tuple(map(int, found)) == expected
        assert [column.tolist() for column in arrays] == [column.tolist() for column in plain]


def test_keys_beyond_the_most_make_the_others_be_forgotten(
    engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = import_module("hnvemu.replay.known")
    monkeypatch.setattr(module, "_MOST_ENTRIES", 2)
    known = module.Known([])
    keys = np.arange(12, dtype=np.uint64).reshape(3, 4)

    for row in range(3):
        known.learn(keys[row], 1 << 63, row)

    assert _found(engine, known, keys, np.full(3, 1 << 63, np.uint64)) == [module.ASK] * 2 + [2]


def _found(engine: str, known: Any, keys: Any, hashes: Any) -> list[int]:
    steps = import_module(STEPS[engine])
    length, clock = (np.full(len(keys), value, np.int64) for value in (100, 0))
    rows: list[int] = steps.find(known, keys, hashes, length, clock).tolist()
    return rows


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("nanoseconds", [True, False])
@pytest.mark.parametrize("end", ["whole", "cut", "absurd", "arrays full"])
def test_records_are_walked_as_in_python(
    engine: str,
    order: str,
    nanoseconds: bool,  # noqa: FBT001 - a parameter of the test
    end: str,
) -> None:
    lengths = [(60, 60), (0, 9), (1514, 1514), (7, 3), (100, 9000)]
    octets = bytearray(b"~" * 5)
    for at, (captured, original) in enumerate(lengths):
        octets += struct.pack(f"{order}4I", 4_000_000_000 + at, 999_999, captured, original)
        octets += bytes(captured)
    if end == "absurd":
        octets += struct.pack(f"{order}4I", 0, 0, 300_000, 300_000) + bytes(300_000)
    stop = len(octets) - (end == "cut")
    room = 3 if end == "arrays full" else 10
    walk = import_module(STEPS[engine]).walk
    place = stop, order == ">", nanoseconds

    plain = [array("q", bytes(8 * room)) for _ in range(4)]
    expected = walk_records(octets, 5, *place, *plain)
    arrays = [np.zeros(room, np.int64) for _ in range(4)]
    found = walk(np.frombuffer(octets, np.uint8), 5, *place, *arrays)

    assert tuple(map(int, found)) == expected
    assert [column.tolist() for column in arrays] == [column.tolist() for column in plain]
