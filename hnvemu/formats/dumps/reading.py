"""Dumps of hosts become an inventory: what each host has, as its own cmdlets printed it."""

from __future__ import annotations

import gc
import re
from collections import Counter
from functools import lru_cache
from ipaddress import IPv4Address
from typing import TYPE_CHECKING, NamedTuple

from hnvemu.conditions import is_number
from hnvemu.errors import PolicyError
from hnvemu.findings import Finding
from hnvemu.formats.dumps import objects
from hnvemu.formats.dumps.kinds import Kind, kind_named, kind_of
from hnvemu.formats.dumps.rows import CutOffError, Row
from hnvemu.formats.dumps.written import Nothing, WrittenError, objects_in
from hnvemu.formats.encoding import text_of
from hnvemu.formats.inventory import HostInventory, Inventory
from hnvemu.model.origin import Origin
from hnvemu.model.policy import Profile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from hnvemu.model.acl import ExtendedAcl, FirewallRule, PortAcl
    from hnvemu.model.provider import ProviderAddress, ProviderRoute
    from hnvemu.model.records import CustomerRoute, LookupRecord
    from hnvemu.model.topology import Selector, VmPort

_SHOWN = 100
"""Rows of one file that are reported each; of the others their number."""
_PORTS = frozenset({"protocol", "localport", "remoteport"})
_ADDRESSES = frozenset({"localaddress", "remoteaddress"})
_HERE = frozenset({"", ".", "localhost", "127.0.0.1", "::1"})
_KIND_WORDS = re.compile(
    r"(get-?)?(net-?virtualization|vm-?network-?adapter|lookup-?records?|customer-?routes?"
    r"|provider-?(address(es)?|routes?)|global|extended-?acls?|acls?|net-?firewall-?(rules?|\w+-?filters?)|pacamapping)"
    r"|(?<=[-_. ])(records?|routes?|adapters?|addresses|firewall|rules?|filters?|dumps?)$",
    re.IGNORECASE,
)


class DumpSource(NamedTuple):
    """One file: the name that findings carry, and its octets as they were read."""

    name: str
    octets: bytes


class Dumps(NamedTuple):
    """What dumps say, and what of them was not understood."""

    inventory: Inventory
    losses: tuple[Finding, ...]


def read_dumps(sources: Sequence[DumpSource]) -> Dumps:
    """Read what ``Get-*`` cmdlets printed: JSON, CSV, CLIXML, or the text of the console.

    Args:
        sources: The files, in order; each holds one kind of objects or several.

    Raises:
        PolicyError: A file cannot be parsed, or holds nothing that is known.
    """
    # A large dump makes many objects and no garbage; collecting doubles the time.
    collecting = gc.isenabled()
    gc.disable()
    try:
        reading = _Reading()
        for source in sources:
            reading.read(source)
        if reading.errors:
            raise PolicyError(tuple(reading.errors))
        return reading.dumps()
    finally:
        if collecting:
            gc.enable()


class _Host:
    """What was found of one host so far."""

    def __init__(self, name: str, origin: Origin) -> None:
        self.name = name
        self.origin = origin
        self.addresses: list[ProviderAddress] = []
        self.provider_routes: list[ProviderRoute] = []
        self.routes: list[CustomerRoute] | None = None
        self.records: list[LookupRecord] | None = None
        self.ports: list[VmPort] = []
        self.use_external_router = False

    def inventory(self) -> HostInventory:
        return HostInventory(
            name=self.name,
            addresses=tuple(dict.fromkeys(self.addresses)),
            provider_routes=tuple(dict.fromkeys(self.provider_routes)),
            routes=None if self.routes is None else tuple(dict.fromkeys(self.routes)),
            records=None if self.records is None else tuple(dict.fromkeys(self.records)),
            ports=tuple(dict.fromkeys(self.ports)),
            use_external_router=self.use_external_router,
            origin=self.origin,
        )


class _Reading:
    """All files so far."""

    def __init__(self) -> None:
        self.errors: list[Finding] = []
        self._losses: list[Finding] = []
        self.hosts: dict[str, _Host] = {}
        self.port_acls: dict[PortAcl, None] = {}
        self.extended_acls: dict[ExtendedAcl, None] = {}
        self.rules: list[tuple[str, FirewallRule]] = []
        self.filters: dict[tuple[str, str], dict[str, object]] = {}
        """What the filters of a rule say, by the computer and the InstanceID that they share."""
        self._files: list[_File] = []
        self.profile = Profile.WS2012R2

    def dumps(self) -> Dumps:
        """Return what all files say."""
        for file in self._files:
            file.take_rules()
        rules = []
        for name, host in self.hosts.items():
            of_host = [rule for computer, rule in self.rules if computer.casefold() == name]
            if of_host:
                self.lose(
                    f"{len(of_host)} firewall rules protect the host '{host.name}' itself",
                    of_host[0].origin,
                    "a policy has the rules of VMs: collect them in the guests",
                )
        for computer, rule in self.rules:
            if computer.casefold() not in self.hosts:
                rules.append(rule)
        inventory = Inventory(
            hosts=tuple(host.inventory() for host in self.hosts.values()),
            port_acls=tuple(self.port_acls),
            extended_acls=tuple(self.extended_acls),
            firewall_rules=tuple(rules),
            profile=self.profile,
        )
        return Dumps(inventory, tuple(self._losses))

    def read(self, source: DumpSource) -> None:
        """Take in one file."""
        try:
            text = text_of(source.octets)
            found = list(objects_in(text))
        except WrittenError as error:
            place = Origin(source.name, error.line, error.column)
            self.errors.append(Finding(message=error.message, origin=place))
            return
        except ValueError as error:
            self.errors.append(Finding(message=str(error), origin=Origin(source.name, 0, 0)))
            return
        rows = [row for row in found if isinstance(row, Row)]
        known = [row for row in rows if kind_of(row.names) is not None]
        if text.strip() and not known and not any(isinstance(item, Nothing) for item in found):
            self.errors.append(
                Finding(
                    message=f"'{source.name}' holds nothing that a Get- cmdlet of HNV prints",
                    origin=Origin(source.name, 0, 0),
                    help="write such a file with: hnvemu import --collector",
                )
            )
            return
        file = _File(self, source.name, found)
        file.read(found)
        self._files.append(file)

    def lose(self, message: str, origin: Origin, advice: str | None = None) -> None:
        """Take down what was not understood."""
        self._losses.append(Finding(message=message, origin=origin, help=advice))


class _File:
    """One file on its way into a reading."""

    def __init__(self, reading: _Reading, name: str, found: list[Row | Nothing]) -> None:
        self._reading = reading
        self._name = name
        self._rules: list[Row] = []
        self._bare: list[Row] = []
        """Firewall rules without filters."""
        self._of_nobody: list[Row] = []
        """Firewall rules of a computer that has no name."""
        self._lost = 0
        self._cut: Counter[str] = Counter()
        self._strange: Counter[tuple[str, ...]] = Counter()
        self._first: dict[object, Origin] = {}
        said = dict.fromkeys(map(_computer_of, found))
        said.pop("", None)
        self._one = next(iter(said)) if len(said) == 1 else ""
        self._guessed = ""
        self._first_number = 0

    def read(self, found: Iterable[Row | Nothing]) -> None:
        """Take in all rows, but for firewall rules: their filters may stand in another file."""
        self._first_number = self._number_of_first_word(
            row for row in found if isinstance(row, Row)
        )
        for item in found:
            if isinstance(item, Nothing):
                self._take_nothing(item)
            else:
                self._take_row(item)

    def take_rules(self) -> None:
        """Take in the firewall rules, and report what of the file was not understood."""
        for row in self._rules:
            self._attempt(row, Kind.FIREWALL_RULE, self._take_rule)
        if self._bare:
            rule, others = self._bare[0].text("displayname", "name"), len(self._bare) - 1
            also = f" and {others} more" if others else ""
            self._lose(
                f"the firewall rule '{rule}'{also} came without its filters: it counts for every"
                " protocol, port and address",
                self._place(self._bare[0]),
                "hnvemu import --collector writes them down, and so do"
                " Get-NetFirewallPortFilter and Get-NetFirewallAddressFilter",
            )
        if self._of_nobody:
            self._lose(
                "the file does not say which VM its firewall rules are of: they count for all",
                self._place(self._of_nobody[0]),
                "hnvemu import --collector writes it down",
            )
        self._report()

    def _place(self, row: Row | Nothing) -> Origin:
        return Origin(self._name, row.line, row.column)

    # -----------------------------------------------------------------------------------------
    # Hosts

    def _host(self, row: Row | Nothing) -> _Host:
        name = _computer_of(row) or self._one or self._guess(row)
        known = self._reading.hosts.get(name.casefold())
        if known is None:
            known = _Host(name, self._place(row))
            self._reading.hosts[name.casefold()] = known
        return known

    def _guess(self, row: Row | Nothing) -> str:
        """Take the host from the name of the file: ``H1-LookupRecords.csv``, ``H1/records.csv``."""
        if not self._guessed:
            folder, _, file = self._name.rpartition("/")
            stem = file.partition(".")[0]
            own = _KIND_WORDS.sub("", stem).strip("-_. ")
            self._guessed = own or folder.rpartition("/")[2] or "host"
            self._reading.lose(
                f"the file does not say which host it is of: '{self._guessed}' is taken",
                self._place(row),
                "that is the file's name or its folder's; hnvemu import --collector writes it down",
            )
        return self._guessed

    # -----------------------------------------------------------------------------------------
    # Rows

    def _take_nothing(self, item: Nothing) -> None:
        kind = kind_named(item.name)
        if kind is Kind.LOOKUP_RECORD:
            host = self._host(item)
            host.records = host.records or []
        elif kind is Kind.CUSTOMER_ROUTE:
            host = self._host(item)
            host.routes = host.routes or []

    def _take_row(self, row: Row) -> None:
        kind = kind_of(row.names)
        if kind is None:
            names = tuple(name for name in row.names if name)
            if names:
                self._strange[names] += 1
                self._first.setdefault(names, self._place(row))
            return
        self._attempt(row, kind, self._take)

    def _attempt(self, row: Row, kind: Kind, take: Callable[[Kind, Row, Origin], None]) -> None:
        """Take in a row, or take down why it cannot be understood."""
        origin = self._place(row)
        try:
            take(kind, row, origin)
        except CutOffError as error:
            name = str(error)
            self._cut[name] += 1
            self._first.setdefault(name, origin)
        except ValueError as error:
            self._lost += 1
            self._first["lost"] = origin
            if self._lost <= _SHOWN:
                self._lose(f"{kind}: {error}", origin)

    def _take(self, kind: Kind, row: Row, origin: Origin) -> None:
        reading = self._reading
        match kind:
            case Kind.LOOKUP_RECORD:
                record = objects.lookup_record(row, origin, first=self._first_number)
                host = self._host(row)
                if host.records is None:
                    host.records = []
                host.records.append(record)
            case Kind.MAPPING:
                record = objects.mapping(row, origin)
                host = self._host(row)
                if host.records is None:
                    host.records = []
                host.records.append(record)
                reading.profile = Profile.HNVV2
            case Kind.CUSTOMER_ROUTE:
                route = objects.customer_route(row, origin)
                host = self._host(row)
                if host.routes is None:
                    host.routes = []
                host.routes.append(route)
            case Kind.PROVIDER_ADDRESS | Kind.HELD_ADDRESS:
                host = self._host(row)
                host.addresses.append(objects.provider_address(row, origin))
                gateway = objects.default_route(row, origin)
                if gateway is not None and gateway not in host.provider_routes:
                    host.provider_routes.append(gateway)
            case Kind.PROVIDER_ROUTE:
                self._host(row).provider_routes.append(objects.provider_route(row, origin))
            case Kind.GLOBAL:
                self._host(row).use_external_router = row.boolean("useexternalrouter")
            case Kind.ADAPTER:
                self._take_adapter(row, origin)
            case Kind.PORT_ACL | Kind.EXTENDED_ACL:
                self._take_acl(row, origin, objects.owner(row, self._host(row).name))
            case Kind.FIREWALL_RULE:
                self._rules.append(row)
            case _:
                computer = _computer_of(row) or self._one
                key = computer.casefold(), row.text("instanceid")
                merged = reading.filters.setdefault(key, {})
                for name, value in row.values.items():
                    merged.setdefault(name, value)

    def _take_rule(self, _: Kind, row: Row, origin: Origin) -> None:
        """Take in a firewall rule with its filters, which share its InstanceID."""
        computer = _computer_of(row) or self._one
        filters = self._reading.filters
        key = row.text("instanceid", "name")
        found = filters.get((computer.casefold(), key)) or filters.get(("", key)) or {}
        whole = row._replace(values={**found, **row.values})
        rule = objects.firewall_rule(whole, origin, computer)
        self._reading.rules.append((computer, rule))
        if computer.casefold() in self._reading.hosts:
            return  # a host's own rules reach no VM
        said = whole.values.keys()
        if not said & _PORTS or not said & _ADDRESSES:
            self._bare.append(row)
        if not computer:
            self._of_nobody.append(row)

    def _take_adapter(self, row: Row, origin: Origin) -> None:
        """Take in a VM's adapter and its lists; the host's own adapters are in no policy."""
        managed = row.boolean("ismanagementos") or not row.text("vmname")
        if managed or row.boolean("isdeleted") or row.boolean("istemplate"):
            return
        host = self._host(row)
        host.ports += objects.adapter_ports(row, origin, host.name)
        for entry, vms in objects.nested_lists(row, host.name):
            self._take_acl(entry, origin, vms)

    def _take_acl(self, row: Row, origin: Origin, vms: Selector) -> None:
        if row.boolean("isdeleted") or row.boolean("istemplate"):
            return
        if "weight" in row.values:
            self._reading.extended_acls[objects.extended_acl(row, origin, vms)] = None
        else:
            self._reading.port_acls[objects.port_acl(row, origin, vms)] = None

    def _number_of_first_word(self, rows: Iterable[Row]) -> int:
        """Return 0, or 1 where the numbers of Rule and Type can only have been counted from 1."""
        numbers: dict[str, set[int]] = {"rule": set(), "type": set()}
        first: Row | None = None
        for row in rows:
            if kind_of(row.names) is not Kind.LOOKUP_RECORD:
                continue
            for name, seen in numbers.items():
                value = row.values.get(name)
                if type(value) is int or (isinstance(value, str) and is_number(value)):
                    seen.add(int(value))
                    first = first or row
        rules, types = numbers["rule"], numbers["type"]
        beyond = 3 in rules or 4 in types
        # With numbers from 0, Encap is 1 and Static is 0: no deployment is without both.
        if first is None or 0 in rules | types or not (beyond or (rules == {2} and 1 in types)):
            return 0
        self._lose(
            "the numbers of Rule and Type are read as counted from 1: Encap is 2, Static is 1",
            self._place(first),
            "with names it would be certain: ConvertTo-Csv, or ConvertTo-Json -EnumsAsStrings",
        )
        return 1

    # -----------------------------------------------------------------------------------------
    # Losses

    def _report(self) -> None:
        if self._lost > _SHOWN:
            self._lose(
                f"{self._lost - _SHOWN} more objects of this file could not be understood",
                self._first["lost"],
            )
        for name, count in self._cut.items():
            where = "one object" if count == 1 else f"{count} objects"
            self._lose(
                f"'{name}' was cut off in {where} of this file",
                self._first[name],
                "export again with ConvertTo-Json -Depth 10",
            )
        for names, count in list(self._strange.items())[:_SHOWN]:
            some = ", ".join(names[:4]) + (", …" if len(names) > 4 else "")
            what = "an object" if count == 1 else f"{count} objects"
            self._lose(
                f"{what} with the properties {some} {'is' if count == 1 else 'are'} of no kind"
                " that is known",
                self._first[names],
            )
        if len(self._strange) > _SHOWN:
            beyond = list(self._strange)[_SHOWN:]
            count = sum(self._strange[names] for names in beyond)
            self._lose(
                f"{count} more objects of this file are of no kind that is known",
                self._first[beyond[0]],
            )

    def _lose(self, message: str, origin: Origin, advice: str | None = None) -> None:
        self._reading.lose(message, origin, advice)


def _computer_of(row: Row | Nothing) -> str:
    """Return the computer that an object names, without its domain; empty where it names none."""
    if isinstance(row, Row):
        for name in ("pscomputername", "computername"):
            if name in row.values:
                found = _short_name(_quiet_text(row, name))
                if found:
                    return found
    return _short_name(row.host) if row.host else ""


@lru_cache(maxsize=1024)
def _short_name(name: str) -> str:
    if name.lower() in _HERE:
        return ""
    if is_number(name.replace(".", "")) and _is_address(name):
        return name
    return re.sub(r"[/:*?\[\]]", "-", name.partition(".")[0]) or "host"


def _quiet_text(row: Row, name: str) -> str:
    try:
        return row.text(name)
    except ValueError:
        return ""


def _is_address(text: str) -> bool:
    try:
        IPv4Address(text)
    except ValueError:
        return False
    return True
