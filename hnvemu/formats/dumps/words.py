"""Enums of the cmdlets, by name or by number: CSV and lists print names, JSON prints numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from hnvemu.conditions import is_number
from hnvemu.model.acl import Action, Direction
from hnvemu.model.provider import AddressState
from hnvemu.model.records import RecordType, Translation
from hnvemu.model.topology import IsolationMode, NetworkProfile

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hnvemu.formats.dumps.rows import Row

Word = TypeVar("Word")

RULE: Mapping[str, Translation] = {
    "translationmethodnat": Translation.NAT,
    "translationmethodencap": Translation.ENCAP,
    "translationmethodnone": Translation.NONE,
    "nat": Translation.NAT,
    "encap": Translation.ENCAP,
    "none": Translation.NONE,
    "0": Translation.NAT,
    "1": Translation.ENCAP,
    "2": Translation.NONE,
}
TYPE: Mapping[str, RecordType] = {
    "static": RecordType.STATIC,
    "dynamic": RecordType.DYNAMIC,
    "gatewaywildcard": RecordType.GATEWAY_WILDCARD,
    "l2only": RecordType.L2_ONLY,
    "0": RecordType.STATIC,
    "1": RecordType.DYNAMIC,
    "2": RecordType.GATEWAY_WILDCARD,
    "3": RecordType.L2_ONLY,
}
STATE: Mapping[str, AddressState] = {
    spelled: state
    for number, state in enumerate(AddressState)
    for spelled in (str(state), str(number))
}
ACL_ACTION: Mapping[str, str] = {
    **dict.fromkeys(("allow", "1"), "allow"),
    **dict.fromkeys(("deny", "2"), "deny"),
    **dict.fromkeys(("meter", "3"), "meter"),
}
DIRECTION: Mapping[str, Direction] = {
    **dict.fromkeys(("inbound", "1"), Direction.INBOUND),
    **dict.fromkeys(("outbound", "2"), Direction.OUTBOUND),
    **dict.fromkeys(("both", "3"), Direction.BOTH),
}
RULE_ACTION: Mapping[str, Action] = {
    **dict.fromkeys(("allow", "2"), Action.ALLOW),
    **dict.fromkeys(("block", "4"), Action.BLOCK),
}
ENABLED: Mapping[str, bool] = {
    **dict.fromkeys(("true", "1"), True),
    **dict.fromkeys(("false", "2"), False),
}
ON_OFF: Mapping[str, bool] = {
    # The numbers are the other way round than one expects.
    **dict.fromkeys(("on", "0", "true"), True),
    **dict.fromkeys(("off", "1", "false"), False),
}
ISOLATION: Mapping[str, IsolationMode] = {
    **dict.fromkeys(("none", "0"), IsolationMode.NONE),
    **dict.fromkeys(("nativevirtualsubnet", "1"), IsolationMode.NATIVE_VIRTUAL_SUBNET),
    **dict.fromkeys(("externalvirtualsubnet", "2"), IsolationMode.EXTERNAL_VIRTUAL_SUBNET),
    **dict.fromkeys(("vlan", "3"), IsolationMode.VLAN),
}
_PROFILE_BITS = (
    (1, NetworkProfile.DOMAIN),
    (2, NetworkProfile.PRIVATE),
    (4, NetworkProfile.PUBLIC),
)


def word_of(
    row: Row, name: str, words: Mapping[str, Word], default: Word, *, first: int = 0
) -> Word:
    """Return what a property says, or ``default`` where it says nothing.

    Args:
        row: The object.
        name: The property.
        words: What its words and numbers mean.
        default: What it means where it is absent.
        first: The number that the first word has in this dump.

    Raises:
        ValueError: It is none of the words.
    """
    text = row.text(name)
    if not text:
        return default
    if first and is_number(text):
        text = str(int(text) - first)
    found = words.get(text.replace("_", "").lower())
    if found is None:
        raise ValueError(f"{name} is '{text}', which has no meaning here")
    return found


def profiles_of(text: str) -> tuple[NetworkProfile, ...] | None:
    """Return the firewall profiles of a rule; None is every one.

    Raises:
        ValueError: There is no such profile.
    """
    if is_number(text):
        said = int(text)
        found = tuple(profile for bit, profile in _PROFILE_BITS if said & bit)
        return found if 0 < len(found) < 3 else None
    names = [name.strip().lower() for name in text.split(",") if name.strip()]
    if not names or "any" in names:
        return None
    known = {str(profile): profile for profile in NetworkProfile}
    if not set(names) <= set(known):
        raise ValueError(f"profile is '{text}', which has no meaning here")
    return tuple(known[name] for name in names)
