"""What a file is, told by its content: nobody has to say it, and a wrong ending misleads nobody."""

from __future__ import annotations

import re
from enum import StrEnum


class Format(StrEnum):
    """A way of writing a policy, or what a policy is made of."""

    YAML = "yaml"
    """The policy format, JSON among it."""
    POWERSHELL = "powershell"
    DUMP = "dump"
    NETWORK_CONTROLLER = "network_controller"
    NOTHING = "nothing"
    """What a cmdlet that found nothing leaves behind: an empty file, or an empty list."""
    STRANGE = "strange"
    """A file that is named like a dump, and is none."""


_HEAD = 1 << 16
"""Octets that are looked at."""
_POLICY = re.compile(
    rb"^(\xef\xbb\xbf)?(hnv|hosts|virtual_networks|gateways|host_views|port_acls"
    rb"|extended_acls|datacenter_acls|services|groups|intents|firewall|profile)[ \t]*:",
    re.MULTILINE,
)
_JSON = re.compile(r"\{\s*[\"}]|\[\s*[\[{\"\]]")
"""JSON, and no script that begins with the name of a type."""
_NAME = re.compile(r'"([^"\\\n]{1,60})"\s*:')
_CONTROLLER = {"resourceref", "resourceid", "provisioningstate", "configurationstate", "nextlink"}
_SCRIPT = re.compile(
    r"^[ \t]*(PS [^>\n]*>[ \t]*)?(?:"
    r"(new|set|add|remove|enable|import|invoke|connect|start|restart)-(?!module\s*:)[a-z]\w+(?![\w]*\s*:)"
    r"|(\[[\w.\[\]]+\]\s*)?\$[\w{:]|param\s*\(|function\s+[\w:-]+|(foreach|for|if|while|switch|try)\s*[({]"
    r"|\[cmdletbinding|#requires|<#|@\{)",
    re.MULTILINE | re.IGNORECASE,
)
_SCRIPT_NAME = re.compile(r"\.ps[md]?1$", re.IGNORECASE)
_SAVED_NAME = re.compile(r"\.(json|csv|txt|xml|clixml)$", re.IGNORECASE)
_DUMP_NAME = re.compile(r"\.(csv|txt|xml|clixml)$", re.IGNORECASE)
_NOTHING = re.compile(
    r'\s*(null|\[\s*\]|\{\s*"value"\s*:\s*\[\s*\]\s*,\s*"Count"\s*:\s*0\s*\})?\s*'
)


def format_of(name: str, octets: bytes) -> Format:
    """Return what a file is.

    Args:
        name: Its name, which decides only where the content leaves it open.
        octets: As they were read.
    """
    head = octets[:_HEAD]
    if b"\0" not in head[:4] and _POLICY.search(head):
        return Format.YAML
    from hnvemu.formats.encoding import text_of  # noqa: PLC0415 - policies do without

    text = ""
    for shorter in (0, 2):  # the cut may go through a surrogate pair
        try:
            text = text_of(head[: len(head) - shorter]).lstrip()
        except ValueError:
            continue
        if _SAVED_NAME.search(name) and len(octets) < _HEAD and _NOTHING.fullmatch(text):
            return Format.NOTHING
        break
    if _JSON.match(text):
        return _format_of_json(text)
    if text.startswith(("<Objs", "<?xml", "#< CLIXML", "#TYPE ")):
        return Format.DUMP
    is_script = _SCRIPT.search(text) is not None
    if not is_script and text[:1] not in "{[" and _is_dump(text):
        return Format.DUMP
    if is_script or _SCRIPT_NAME.search(name):
        return Format.POWERSHELL
    return Format.STRANGE if _DUMP_NAME.search(name) else Format.YAML


def _format_of_json(text: str) -> Format:
    from hnvemu.formats.dumps.kinds import could_hold  # noqa: PLC0415 - policies do without
    from hnvemu.formats.dumps.rows import folded_names  # noqa: PLC0415 - the same

    names = set(folded_names(tuple(dict.fromkeys(_NAME.findall(text)))))
    if "hnvdump" in names:
        return Format.DUMP
    if "hnv" in names:
        return Format.YAML
    if names & _CONTROLLER or names == {"value"}:
        return Format.NETWORK_CONTROLLER
    return Format.DUMP if could_hold(names) else Format.YAML


def _is_dump(text: str) -> bool:
    """Whether a text holds what a console prints, or a table of it."""
    from hnvemu.formats.dumps.kinds import kind_of  # noqa: PLC0415 - policies do without
    from hnvemu.formats.dumps.rows import Row  # noqa: PLC0415 - the same
    from hnvemu.formats.dumps.written import WrittenError, objects_in  # noqa: PLC0415 - the same

    try:
        return any(isinstance(row, Row) and kind_of(row.names) for row in objects_in(text))
    except WrittenError:
        # Only a table has a header that was known before its rows broke off.
        return True
