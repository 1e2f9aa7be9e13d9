"""Images of real policies, and of values at the ends of their ranges."""

from __future__ import annotations

import pickle
from ipaddress import IPv4Address, IPv6Address, ip_network
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest
from compiled.alike import parts

from hnvemu import load_policy
from hnvemu.addresses import MacAddress
from hnvemu.compiled import codec
from hnvemu.compiled.codec import DamagedError, decode, encode
from hnvemu.compiled.columns import column, pack
from hnvemu.compiled.image import BLOCK, Body, Image, Memory
from hnvemu.compiled.index import Index, pack_index
from hnvemu.compiled.policy import compiled, opened
from hnvemu.formats.export.powershell import powershell_script
from hnvemu.model import acl, policy, provider, records, topology
from hnvemu.model.indexed import HostPorts
from hnvemu.model.origin import Origin
from hnvemu.reader import mistakes, samples
from hnvemu.value import replace

if TYPE_CHECKING:
    from pathlib import Path

    from hnvemu import Policy

DIGEST = bytes(32)


def never() -> bytes:
    pytest.fail("nothing is damaged")


def kept(policy: Policy) -> Policy:
    return opened(Memory(b"".join(compiled(policy, DIGEST))), DIGEST, never)


@pytest.mark.parametrize("name", [*samples(), *mistakes()])
def test_a_sample_is_the_same_by_way_of_its_image(name: str) -> None:
    policy = load_policy(f"sample:{name}")

    again = kept(policy)

    assert parts(again) == parts(policy)
    assert again == policy
    assert policy == again


def test_what_is_imported_is_the_same_by_way_of_its_image(tmp_path: Path) -> None:
    script = tmp_path / "deploy.ps1"
    text = powershell_script(load_policy("sample:stale-host-views")).text
    script.write_text(f"{text}\nSet-Unknown -Thing 1\n", encoding="ascii")
    policy = load_policy(script)

    again = kept(policy)

    assert again.losses
    assert parts(again) == parts(policy)


def test_a_compiled_policy_is_pickled_as_any_other() -> None:
    policy = load_policy("sample:complex-routing")

    again = pickle.loads(pickle.dumps(kept(policy)))

    assert parts(again) == parts(policy)
    assert type(again.ports) is dict
    assert type(again.records) is tuple


def test_the_ports_of_a_host_are_found_as_among_all_of_them() -> None:
    known = load_policy("sample:complex-routing")
    host, other = [*known.hosts][:2]
    port = next(iter(known.ports.values()))
    twin = MacAddress(port.mac + (1 << 32) ^ 1)  # which is found by the same number
    ports = {
        f"T/{at}": replace(port, name=f"T/{at}", host=on, vsid=vsid, mac=mac)
        for at, (on, vsid, mac) in enumerate(product((host, other), (5001, 5002), (port.mac, twin)))
    }
    policy = replace(known, ports=ports)
    again = kept(policy).ports

    for name in (host, other):
        here = HostPorts(port for port in ports.values() if port.host == name)
        index = again.on_host(name)  # type: ignore[attr-defined]
        assert {*index} == {*here}
        for mac in (port.mac, twin, 0):
            assert [*index.of_mac(mac)] == [*here.of_mac(mac)]
        for vsid in (5001, 5002, 5003):
            assert [*index.of_subnet(vsid)] == [*here.of_subnet(vsid)]


def test_every_class_of_the_model_has_a_number() -> None:
    """Whoever adds a class to the model is told here, before a user is."""
    known = {*codec._VALUES, *codec._TUPLES, *codec._ENUMS}
    made_of_others = {policy.Policy, acl.Mechanism}

    defined = {
        each
        for module in (acl, policy, provider, records, topology)
        for each in vars(module).values()
        if isinstance(each, type) and each.__module__ == module.__name__
    }

    assert defined - made_of_others <= known


@pytest.mark.parametrize(
    "value",
    [
        *(None, True, False, 0, -1, 1 << 200, -(1 << 200), "", "\ud800é\0", b"", b"\xff"),
        *((), ((),), {}, {"a": (1,)}, MacAddress((1 << 48) - 1), Origin("f", 0, 1)),
        *(IPv4Address(0), IPv6Address((1 << 128) - 1), ip_network("0.0.0.0/0"), ip_network("::/0")),
        *(records.RecordType.L2_ONLY, topology.Selector(patterns=("*",)), "x" * 300),
    ],
    ids=repr,
)
def test_a_value_is_read_as_it_was_written(value: Any) -> None:
    again = decode(encode(value))

    assert again == value
    assert type(again) is type(value)


@pytest.mark.parametrize(
    "octets",
    [
        *(b"", b"\x03", b"\x03\x05\x01", b"\x04\xff\xff\xff\xff\x0f", b"\x04\x01\xff", b"\x00\x00"),
        *(b"\x06\x01", b"\xff", b"\x0d\xff\x00", b"\x0d\x00\xff", b"\x0f\xff", b"\x0e\x00"),
        *(b"\x06\x01" * 40, b"\x0a\x00\x00\x00\x01\x00", b"\x07\x01\x07\x00\x00"),
        b"\x04" + b"\x80" * 30,
    ],
    ids=bytes.hex,
)
def test_other_octets_are_damage(octets: bytes) -> None:
    with pytest.raises(DamagedError):
        decode(octets)


COLUMNS: dict[str, list[Any]] = {
    "none": [],
    "same": ["a"] * 100,
    "equal": [f"{at // 1000}" for at in range(100)],
    "few": ["a", "b"] * 100,
    "more than an octet": [f"{at % 300}" for at in range(3000)],
    "small": list(range(200)),
    "large": [at << 50 for at in range(1, 200)],
    "negative": [at - 5 for at in range(200)],
    "huge": [1 << 70, *range(200)],
    "mixed": [True, 1, MacAddress(1), "1", None] * 20 + list(range(100)),
    "macs": [MacAddress(at << 40) for at in range(200)],
    "addresses": [IPv4Address(at) for at in range(200)],
    "wide": [IPv6Address(at << 100) for at in range(200)],
    "both families": [IPv4Address(at) if at % 3 else IPv6Address(at) for at in range(200)],
    "texts": [f"é{at}" * (at % 3) for at in range(200)],
    "lists": [tuple(IPv4Address(at * 9 + n) for n in range(at % 4)) for at in range(200)],
    "places": [Origin("a" if at % 2 else "b", at, at % 7) for at in range(200)],
    "prefixes": [ip_network(f"10.{at}.0.0/16") for at in range(200)],
}


@pytest.mark.parametrize("name", COLUMNS)
def test_a_column_is_read_as_it_was_written(name: str) -> None:
    values = COLUMNS[name]
    body = Body()
    form = decode(encode(pack(values, body)))
    image = Image(Memory(b"".join(body.finished(DIGEST))), DIGEST, never)

    one_by_one = column(form, len(values), image)
    assert [parts(one_by_one.at(row)) for row in range(len(values))] == [*map(parts, values)]
    at_once = column(form, len(values), image)
    assert [*map(parts, at_once.all())] == [*map(parts, values)]


def test_an_index_finds_the_rows_of_a_key_and_of_its_beginning() -> None:
    body = Body()
    keys = [0x0102, 0x0101, 0x0200, 0x0102, 0xFFFF]
    form = pack_index(keys, 2, body, rows=range(5))
    image = Image(Memory(b"".join(body.finished(DIGEST))), DIGEST, never)

    index = Index(image, form, 5)

    assert index.find(0x0102, 2) == [0, 3]
    assert index.find(0x01, 1) == [1, 0, 3]
    assert index.find(0x0103, 2) == []
    assert index.find(-1, 2) == index.find(1 << 16, 2) == []
    assert index.first(0x0103, 2) == 0x0200
    assert index.first(0xFFFF, 2) == 0xFFFF
    assert index.first(1 << 16, 2) is None


def test_the_whole_of_a_body_is_read_across_its_blocks() -> None:
    body = Body()
    octets = bytes(at * 7 & 255 for at in range(20 * BLOCK + 5))
    at = body.add(octets)
    image = Image(Memory(b"".join(body.finished(DIGEST))), DIGEST, never)

    for begin, length in ((0, 1), (BLOCK - 1, 2), (5, 3 * BLOCK), (1, 20 * BLOCK), (0, 0)):
        assert image.read(at + begin, length) == octets[begin : begin + length]
    for begin, length in ((0, len(octets) + 1), (-1, 1), (len(octets), 1), (0, -1)):
        with pytest.raises(DamagedError):
            image.read(begin, length)
