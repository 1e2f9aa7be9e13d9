"""Changes of a policy's text in few words: ``--set``, ``--with``, ``--without``, ``--patch``.

Each function takes texts and returns others. What a kind is called, where it stands in a policy
and by what it is named is one table, ``_KINDS``.
"""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from hnvemu.errors import QuestionError
from hnvemu.reader.edit import Append, Delete, Put, path_text
from hnvemu.reader.patch import is_diff, patched
from hnvemu.reader.paths import parse_path, parse_value
from hnvemu.reader.report import near_or_known

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hnvemu.reader.edit import Edit, Path, PolicyText

_NETWORK: Final = "virtual_network"


class _Kind(NamedTuple):
    """A kind of entry, where it stands, and how one of it is named."""

    path: Path
    """Ends in the name of a list or of a mapping of names; ``*`` is any name on the way."""
    named: tuple[str, ...]
    """Keys whose values name an entry of a list, joined by ``@``; none: only by its number."""
    holder: str = ""
    """The key that says which ``*`` the entry belongs to."""
    is_list: bool = True


_KINDS: Final = {
    "record": _Kind(("virtual_networks", "*", "lookup_records"), ("ca", "vsid"), _NETWORK),
    "route": _Kind(("virtual_networks", "*", "customer_routes"), ("prefix", "vsid"), _NETWORK),
    "vm": _Kind(("virtual_networks", "*", "vms"), (), _NETWORK, is_list=False),
    "network": _Kind(("virtual_networks",), (), is_list=False),
    "gateway": _Kind(("gateways",), (), is_list=False),
    "host": _Kind(("hosts",), (), is_list=False),
    "provider-address": _Kind(("hosts", "*", "provider_addresses"), ("address",), "host"),
    "provider-route": _Kind(("hosts", "*", "provider_routes"), ("prefix",), "host"),
    "rule": _Kind(("firewall", "rules"), ("name",)),
    "default": _Kind(("firewall", "defaults"), ()),
    "port-acl": _Kind(("port_acls",), ()),
    "extended-acl": _Kind(("extended_acls",), ()),
    "datacenter-acl": _Kind(("datacenter_acls",), ("name",)),
    "host-view": _Kind(("host_views",), (), is_list=False),
    "service": _Kind(("services",), (), is_list=False),
}
KINDS: Final = tuple(_KINDS)
"""What ``--with`` and ``--without`` know."""


def with_set(texts: PolicyText, said: str) -> PolicyText:
    """Set what stands at a path: ``hosts.H1.provider_mtu=1400``.

    Raises:
        QuestionError: It is no ``PATH=VALUE``, or the path leads nowhere.
    """
    path, value = _halves(said)
    return texts.edited([Put(parse_path(path, texts), parse_value(value))])


def _halves(said: str) -> tuple[str, str]:
    """Split at the first ``=`` outside of brackets and quotes."""
    found = re.match(
        r"((?:\"[^\"]*\"|'[^']*'|\[(?:\"[^\"]*\"|'[^']*'|[^\]\"'])*\]|[^=\[\"'])*)=", said
    )
    if found is None:
        raise QuestionError(
            f"'{said}' sets nothing", "write PATH=VALUE: hosts.H1.provider_mtu=1400"
        )
    return found[1].strip(), said[found.end() :]


# ---------------------------------------------------------------------------------------------
# With


def with_added(texts: PolicyText, said: str) -> PolicyText:
    """Add an entry: ``route:{virtual_network: T, prefix: 10.9.0.0/16, …}``.

    Besides the keys of the policy format an entry says where it belongs: ``virtual_network`` for
    records, routes and VMs, ``host`` for what a host has, ``name`` for what has one.

    Raises:
        QuestionError: The kind is unknown, or the entry does not say where it belongs.
    """
    word, kind, text = _kind(said)
    entry = parse_value(text)
    if not isinstance(entry, dict):
        raise QuestionError(f"a {word} is a mapping, not '{text}'", f"write {word}:{{key: value}}")
    path = kind.path
    if kind.holder:
        holder = _holder(texts, word, kind, entry)
        path = tuple(holder if step == "*" else step for step in path)
    if kind.is_list:
        if "name" in kind.named:
            entry.setdefault("name", "what-if")
        return texts.edited(adding(texts, path, entry))
    name = entry.pop("host" if word == "host-view" else "name", None)
    if not isinstance(name, str):
        raise QuestionError(f"the {word} has no name", f"write {word}:{{name: …, …}}")
    if word == "host-view":
        return merged(texts, {"host_views": {name: entry}})
    if texts.value_at((*path, name)) is not None:
        raise QuestionError(f"{path_text((*path, name))} is there already", "change it with --set")
    return texts.edited([Put((*path, name), entry.pop("services", entry))])


def adding(texts: PolicyText, path: Path, entry: object) -> list[Edit]:
    """Return the edits that add an entry to a list, and change nothing else.

    A virtual network whose first record is listed by hand would lose its generated ones, so it
    is told to keep them.
    """
    edits: list[Edit] = [Append(path, entry)]
    *above, key = path
    if key == "lookup_records" and above[0] == "virtual_networks":
        network = texts.value_at(tuple(above)) or {}
        if not {"lookup_records", "generate_lookup_records"} & network.keys():
            edits.append(Put((*above, "generate_lookup_records"), value=True))
    return edits


def _holder(texts: PolicyText, word: str, kind: _Kind, entry: dict[str, Any]) -> str:
    """Return the virtual network or host that an entry belongs to; VSIDs tell it too."""
    holders = texts.value_at(kind.path[:1]) or {}
    name = entry.pop(kind.holder, None)
    if name is None and kind.holder == _NETWORK:
        found = [at for at in holders if str(entry.get("vsid")) in _vsids(holders[at])]
        name = found[0] if len(found) == 1 else None
    if name is None and len(holders) == 1:
        name = next(iter(holders))
    if name is None:
        raise QuestionError(
            f"the {word} does not say its {kind.holder}", near_or_known("", holders)
        )
    if name not in holders:
        noun = kind.holder.replace("_", " ")
        raise QuestionError(f"there is no {noun} '{name}'", near_or_known(str(name), holders))
    return str(name)


def _vsids(network: Any) -> set[str]:
    """Return the VSIDs that a virtual network speaks of."""
    if isinstance(network, dict):
        own = {str(network["vsid"])} if "vsid" in network else set()
        return own.union(*map(_vsids, network.values()))
    return set().union(*map(_vsids, network)) if isinstance(network, list) else set()


# ---------------------------------------------------------------------------------------------
# Without


def without(texts: PolicyText, said: str) -> PolicyText:
    """Take away every entry of a name: ``rule:b-stays-inside``, ``record:10.0.1.11@5001``.

    A name may be a glob, with its virtual network or host in front (``route:T/0.0.0.0/0``), or
    the number of an entry of a list, from 1: ``extended-acl:#2``. A record that the reader makes
    of a VM is taken from every host's view. A VM goes with its mention in rules and groups, a
    host with its view.

    Raises:
        QuestionError: The kind is unknown, nothing has the name, or a host still carries VMs.
    """
    word, kind, name = _kind(said)
    entries = dict(_entries(texts, word, kind))
    number = re.fullmatch(r"#(\d+)", name)
    if number:
        paths = [*entries][int(number[1]) - 1 : int(number[1])] if int(number[1]) else []
    else:
        paths = [path for path, names in entries.items() if any(_is(name, one) for one in names)]
    generated = _generated(texts, name) if word == "record" else []
    if not paths and not generated:
        names = [names[0] for names in entries.values() if names]
        if word == "record":
            names += [str(record.ca) for record in texts.policy().records]
        counted = f"there are #1 to #{len(entries)}" if entries else "there is none"
        raise QuestionError(
            f"there is no {word} '{name}'", (names and near_or_known(name, names)) or counted
        )
    if word == "host":
        _check_empty(texts, [str(path[-1]) for path in paths])
    edits: list[Edit] = [Delete(path) for path in reversed(paths)]
    if word == "host":
        views = texts.value_at(("host_views",)) or {}
        edits += [Delete(("host_views", name)) for *_, name in paths if name in views]
    if word in ("vm", "gateway"):
        texts = _unmentioned(texts, paths)
    texts = texts.edited(edits)
    if word == "record":
        # Taking away a listed record may bring back the one that it stood for.
        hosts = texts.value_at(("hosts",)) or {}
        lacking = [{"ca": ca, "vsid": vsid} for ca, vsid in _generated(texts, name)]
        texts = texts.edited(
            Append(("host_views", host, "without_lookup_records"), key)
            for host in hosts
            for key in lacking
        )
    return texts


def _entries(texts: PolicyText, word: str, kind: _Kind) -> Iterator[tuple[Path, list[str]]]:
    """Yield the path of each entry of a kind, and all its names, the usual one first."""
    for path, holder in _holders(texts, kind.path):
        there = texts.value_at(path)
        if not kind.is_list:
            for name in there or {}:
                yield (*path, name), [name, f"{holder}/{name}"]
            continue
        items = there if isinstance(there, list) else [] if there is None else [there]
        for at, item in enumerate(items):
            yield (*path, at), [*_names(item, word, kind, holder)]
    if word == "record":
        yield from _entries(texts, "", _VIEWS)


_VIEWS: Final = _Kind(("host_views", "*", "lookup_records"), ("ca", "vsid"), "host")


def _names(item: Any, word: str, kind: _Kind, holder: str) -> Iterator[str]:
    if not isinstance(item, dict):  # 192.168.10.11/24, the short form of a provider address
        item = {kind.named[0]: item} if kind.named else {}
    words = [str(item.get(key, "")) for key in kind.named]
    for long in range(len(words), 0, -1):
        name = "@".join(words[:long])
        yield name
        yield f"{holder}/{name}"
    if word == "provider-address":
        yield words[0].partition("/")[0]
        yield f"{holder}/{words[0].partition('/')[0]}"


def _holders(texts: PolicyText, path: Path) -> Iterator[tuple[Path, str]]:
    """Yield the paths that a pattern stands for, with the name in place of the ``*``."""
    if "*" not in path:
        yield path, ""
        return
    at = path.index("*")
    for name in texts.value_at(path[:at]) or {}:
        yield (*path[:at], name, *path[at + 1 :]), name


def _is(said: str, name: str) -> bool:
    if said.casefold() == name.casefold():
        return True
    if {"*", "?"} & set(said):
        return fnmatchcase(name, said)
    return ":" in said and _address(said) == _address(name)


def _address(name: str) -> object:
    """Return a name with its address read, for IPv6 has many spellings."""
    word, *rest = name.split("@")
    try:
        return ip_address(word), rest
    except ValueError:
        return name


def _generated(texts: PolicyText, name: str) -> list[tuple[str, int]]:
    """Return the keys of the records of that name which the reader has made."""
    policy = texts.policy()
    networks = {route.vsid: route.network for route in policy.routes}
    networks |= {port.vsid: port.network for port in policy.ports.values()}
    found = []
    for record in policy.records:
        holder = networks.get(record.vsid, "")
        words = {"ca": str(record.ca), "vsid": record.vsid}
        if record.generated and any(
            _is(name, one) for one in _names(words, "record", _KINDS["record"], holder)
        ):
            found.append((str(record.ca), record.vsid))
    return list(dict.fromkeys(found))


def _check_empty(texts: PolicyText, hosts: list[str]) -> None:
    """Refuse to take away a host on which something still runs."""
    for port in texts.policy().ports.values():
        if port.host in hosts:
            raise QuestionError(
                f"host '{port.host}' cannot go: it carries '{port.name}'",
                f"write --down {port.host}, or move its VMs first",
            )


def _unmentioned(texts: PolicyText, vms: list[Path]) -> PolicyText:
    """Take VMs out of the selectors that name them; an entry for no other VM goes as well."""
    spoken = set()
    for *above, vm in vms:
        # A gateway, listed at the top, is a port in several virtual networks.
        networks = above[1:2] or texts.value_at(("virtual_networks",)) or {}
        spoken |= {str(vm), *(f"{network}/{vm}" for network in networks)}
    edits: list[Edit] = []
    lists: list[Path] = [("firewall", key) for key in ("rules", "defaults")]
    lists += [(f"{kind}_acls",) for kind in ("port", "extended", "datacenter")]
    for path, item in [*_all_items(texts, lists), *_all_groups(texts)]:
        said = item.get("vms") if isinstance(item, dict) else None
        words = said if isinstance(said, list) else [] if said is None else [said]
        kept = [word for word in words if str(word).partition(":")[0] not in spoken]
        if kept and kept != words:
            edits.append(Put((*path, "vms"), kept))
        elif words and not kept:
            is_group = path[0] == "groups"
            edits.append(Put((*path, "vms"), []) if is_group else Delete(path))
    # From the last to the first, so that no number changes before it is used.
    return texts.edited(reversed(edits))


def _all_items(texts: PolicyText, lists: list[Path]) -> Iterator[tuple[Path, Any]]:
    for path in lists:
        there = texts.value_at(path)
        if isinstance(there, list):
            for at, item in enumerate(there):
                yield (*path, at), item
        elif there is not None:
            yield path, there


def _all_groups(texts: PolicyText) -> Iterator[tuple[Path, Any]]:
    for name, group in (texts.value_at(("groups",)) or {}).items():
        yield ("groups", name), group


# ---------------------------------------------------------------------------------------------
# Patch


def with_patch(texts: PolicyText, content: str, name: str) -> PolicyText:
    """Apply a unified diff, or merge a YAML fragment over the policy, whichever it is.

    Args:
        texts: The policy.
        content: What the patch says.
        name: Of the patch's file, for messages.

    Raises:
        QuestionError: The diff does not fit, or the fragment is none.
    """
    if is_diff(content):
        return patched(texts, content)
    try:
        fragment = parse_value(content)
    except QuestionError:
        fragment = None
    if not isinstance(fragment, dict):
        raise QuestionError(
            f"'{name}' is neither a unified diff nor a mapping in YAML",
            "write what 'hnvemu trace --explain' prints, or a piece of a policy",
        )
    return merged(texts, fragment)


def merged(texts: PolicyText, fragment: dict[str, Any]) -> PolicyText:
    """Merge a piece of a policy over it: mappings deep, lists joined; null takes a key away."""
    return texts.edited(_merging(texts, fragment, ()))


def _merging(texts: PolicyText, fragment: dict[str, Any], path: Path) -> Iterator[Edit]:
    for key, value in fragment.items():
        deeper = (*path, key)
        there = texts.value_at(deeper)
        if value is None:
            yield Delete(deeper)
        elif isinstance(value, dict) and isinstance(there, dict):
            yield from _merging(texts, value, deeper)
        elif isinstance(value, list) and there is not None:
            for item in value:
                yield Append(deeper, item)
        elif key == "lookup_records" and isinstance(value, list) and value:
            first, *others = value
            yield from adding(texts, deeper, first)
            for item in others:
                yield Append(deeper, item)
        else:
            yield Put(deeper, value)


# ---------------------------------------------------------------------------------------------


def _kind(said: str) -> tuple[str, _Kind, str]:
    word, colon, rest = said.partition(":")
    word = word.strip().lower().replace("_", "-")
    if word not in _KINDS:
        raise QuestionError(f"'{word}' is no kind of entry", near_or_known(word, KINDS))
    if not colon or not rest.strip():
        raise QuestionError(f"the {word} is missing", f"write {word}:…")
    return word, _KINDS[word], rest.strip()
