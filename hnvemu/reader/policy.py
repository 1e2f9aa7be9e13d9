"""Folds what the files say into one policy: merges, resolves names, generates records.

Rules of the file: everything that is wrong in all files is reported before anything is raised.
What a file says arrives as drafts, dicts that lack what could not be read; the values of the
model are made of them when nothing is wrong.
"""

from __future__ import annotations

import gc
import hashlib
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

from hnvemu.addresses import parse_prefix
from hnvemu.findings import Note
from hnvemu.model.acl import (
    DatacenterAcl,
    ExtendedAcl,
    Firewall,
    FirewallDefault,
    FirewallRule,
    PortAcl,
)
from hnvemu.model.policy import Group, HostView, Policy, Profile, RouteKey
from hnvemu.model.provider import Host
from hnvemu.model.records import CustomerRoute
from hnvemu.model.topology import Selector, VirtualNetwork, VmPort
from hnvemu.reader.conditions import service
from hnvemu.reader.events import read_document
from hnvemu.reader.format import INTENT_VERBS
from hnvemu.reader.generate import generated_records, merged
from hnvemu.reader.names import PortNames
from hnvemu.reader.report import FIRST, REMOVE, RENAME, Report, near_or_known
from hnvemu.reader.source import SIZE_LIMIT, gather

if TYPE_CHECKING:
    import os
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from hnvemu.model.records import LookupRecord
    from hnvemu.reader.events import Document
    from hnvemu.reader.shape import Placed
    from hnvemu.reader.source import Source

_IDLE_TIMEOUT = 255
"""Seconds, where a stateful entry says none (ACL-43)."""
_CONTINUED = ("hosts", "virtual_networks")
"""What was imported of these, a policy beside it may go on with."""
_PARTIES = ("external", "internet", "any")


def load_policy(
    *paths: str | os.PathLike[str],
    size_limit: int = SIZE_LIMIT,
    stdin: BinaryIO | None = None,
) -> Policy:
    """Read a policy from files, folders, ``-`` for standard input, and ``sample:NAME``.

    Scripts, dumps and resources of Network Controller are made into a policy; what was not
    understood of them stands in its ``losses``.

    Args:
        paths: In the order in which lists are joined; a folder stands for its policies by name.
        size_limit: Octets that a file may have.
        stdin: Read for ``-``; by default the standard input.

    Raises:
        PolicyError: Something is wrong; carries everything that is wrong in all files.
        QuestionError: There is no path, or no sample of that name.
    """
    report = Report()
    sources = gather(paths, size_limit=size_limit, stdin=stdin, report=report)
    return read_policy(sources, report)


def read_policy(sources: Sequence[Source], report: Report) -> Policy:
    """Read a policy from what was gathered.

    Args:
        sources: The files, in order.
        report: What was wrong with gathering them.

    Raises:
        PolicyError: Something is wrong; carries everything that is wrong in all files.
    """
    complete = not report
    # A large policy makes millions of objects and no garbage; collecting triples the time.
    collecting = gc.isenabled()
    gc.disable()
    try:
        if any(source.is_imported for source in sources):
            return _read_imported(sources, report, complete=complete)
        documents = [read_document(source, report) for source in sources]
        complete = complete and all(document.complete for document in documents)
        fold = _Fold(documents, report, complete=complete)
        if report:
            raise report.error(sources)
        digest = hashlib.sha256()
        for source in sources:
            digest.update(source.octets)
        return fold.policy(digest.hexdigest())
    finally:
        if collecting:
            gc.enable()


def _read_imported(sources: Sequence[Source], report: Report, *, complete: bool) -> Policy:
    """Read scripts and dumps, and the policies beside them."""
    from hnvemu.reader.imported import read_imported  # noqa: PLC0415 - most are policies

    imported = [source for source in sources if source.is_imported]
    others = [source for source in sources if not source.is_imported]
    if not others:
        if report:
            raise report.error(sources)
        return read_imported(imported)
    from hnvemu.reader.overlay import base_of, names_in, with_places  # noqa: PLC0415 - as above

    documents = [read_document(source, report) for source in others]
    if report:
        raise report.error(sources)
    made = read_imported(imported, names_in(documents))
    base = base_of(made)
    documents.insert(0, read_document(base, report))
    complete = complete and all(document.complete for document in documents)
    fold = _Fold(documents, report, complete=complete, has_base=True)
    if report:
        raise report.error([base, *sources])
    digest = hashlib.sha256()
    for source in sources:
        digest.update(source.octets)
    return with_places(fold.policy(digest.hexdigest()), made)


class _Port(NamedTuple):
    """A port before it is made: an adapter, whose VM it is, and in which virtual network."""

    name: str
    network: str
    draft: dict[str, Any]


class _Fold:
    """All files at once: merged when it is made, and turned into a policy when that is sound."""

    def __init__(
        self,
        documents: list[Document],
        report: Report,
        *,
        complete: bool,
        has_base: bool = False,
    ) -> None:
        """Merge files; ``has_base``: the first is what was imported, and others go on with it."""
        self._documents = documents
        self._base = documents[0].sections if has_base else {}
        self._report = report
        self._complete = complete
        self._check_format()
        self._name = self._once("name")
        self._description = self._once("description")
        self._profile = self._once("profile")
        self._hosts = self._merge("hosts", "host")
        self._networks = self._merge("virtual_networks", "virtual network")
        self._gateways = self._merge("gateways", "gateway")
        self._views = self._merge("host_views", "host view")
        self._services = self._merge("services", "service")
        self._groups = self._merge("groups", "group")
        self._names = PortNames()
        self._ports = list(self._each_port())
        self._resolve()

    # -----------------------------------------------------------------------------------------
    # Merging

    def _check_format(self) -> None:
        said = any("hnv" in document.said for document in self._documents)
        if self._documents and self._complete and not said:
            self._report.add(
                "the policy does not say its format", self._documents[0].start, help="write hnv: 1"
            )

    def _once(self, key: str) -> Any:
        """Return what one file alone may say."""
        found = [doc.sections[key] for doc in self._documents if key in doc.sections]
        if len(found) > 1 and key in self._base:
            del found[0]
        for again in found[1:]:
            self._report.add(
                f"'{key}' is said twice, and a policy has one",
                again.origin,
                notes=(Note(FIRST, found[0].origin),),
                help=REMOVE,
            )
        return found[0].value if found else None

    def _merge(self, key: str, noun: str) -> dict[str, Placed]:
        """Return the names of all files; one that is defined twice keeps its first meaning."""
        merged_names: dict[str, Placed] = {}
        for document in self._documents:
            for name, placed in document.sections.get(key, {}).items():
                first = merged_names.setdefault(name, placed)
                if first is placed:
                    continue
                if key in _CONTINUED and first is self._base.get(key, {}).get(name):
                    merged_names[name] = _continued(first, placed)
                else:
                    self._report.add(
                        f"the {noun} '{name}' is defined twice",
                        placed.origin,
                        notes=(Note(FIRST, first.origin),),
                        help=RENAME,
                    )
        return merged_names

    def _joined(self, key: str) -> Iterator[dict[str, Any]]:
        """Yield the entries of a list that several files may add to."""
        for document in self._documents:
            yield from document.sections.get(key, ())

    def _firewall(self, key: str) -> Iterator[dict[str, Any]]:
        for document in self._documents:
            said = document.sections.get("firewall", {}).get(key, ())
            yield from (said,) if isinstance(said, dict) else said

    def _each_port(self) -> Iterator[_Port]:
        """Yield all adapters, and make their names known."""
        for name, placed in self._networks.items():
            for vm, inner in placed.value.get("vms", {}).items():
                yield from self._adapters(name, vm, inner.value)
        for name, placed in self._gateways.items():
            for port in self._adapters("", name, {"gateway": True, **placed.value}):
                taken = self._names.add_seats(port.name, [*_seats(port)])
                if taken is not None:
                    self._report.add(
                        f"gateway '{name}' would be the port '{taken}', and there is one already",
                        placed.origin,
                        help=RENAME,
                    )
                yield port

    def _adapters(self, network: str, vm: str, draft: dict[str, Any]) -> Iterator[_Port]:
        adapters = draft.get("adapters")
        if adapters is None:
            yield _Port(self._names.add(network, vm), network, draft)
            return
        shared = {key: draft[key] for key in ("guest", "gateway") if key in draft}
        for adapter, placed in adapters.items():
            yield _Port(self._names.add(network, vm, adapter), network, shared | placed.value)
        if not adapters:
            self._names.add_vm(network, vm)

    # -----------------------------------------------------------------------------------------
    # Names that refer to something

    def _resolve(self) -> None:
        for port in self._ports:
            self._refer(port.draft.get("host"), self._hosts, "host")
            for mapping in port.draft.get("mappings", ()):
                self._refer(mapping.get("virtual_network"), self._networks, "virtual network")
        for name, placed in self._views.items():
            self._refer(placed._replace(value=name), self._hosts, "host")
            for key in placed.value.get("without_customer_routes", ()):
                self._refer(key.get("virtual_network"), self._networks, "virtual network")
        for placed in self._groups.values():
            network = placed.value.get("virtual_network")
            self._refer(network, self._networks, "virtual network")
            self._select(placed.value, network.value if network else None)
        for key in ("defaults", "rules"):
            for draft in self._firewall(key):
                self._select(draft)
        for key in ("port_acls", "extended_acls", "datacenter_acls"):
            for draft in self._joined(key):
                self._select(draft)
        for draft in self._joined("intents"):
            self._check_intent(draft)

    def _refer(self, placed: Placed | None, known: Collection[str], noun: str) -> None:
        """Report a name that nothing has."""
        if placed is not None and placed.value not in known and self._complete:
            self._unknown(placed, known, f"there is no {noun} '{placed.value}'")

    def _unknown(self, placed: Placed, known: Collection[str], message: str) -> None:
        advice = None
        if self._report.has_room(placed.origin.file):
            advice = near_or_known(placed.value, known)
        self._report.add(message, placed.origin, help=advice)

    def _select(self, draft: dict[str, Any], network: str | None = None) -> None:
        """Put a selector with full names in place of what the file says."""
        said = draft.get("vms")
        if said is not None:
            patterns = [pattern for placed in said for pattern in self._patterns(placed, network)]
            draft["vms"] = Selector(patterns=tuple(patterns))

    def _patterns(self, placed: Placed, network: str | None) -> tuple[str, ...]:
        found = self._names.patterns(placed.value, network)
        if found is None:
            if self._complete:
                message = f"there is no VM '{placed.value}'"
                self._unknown(placed, self._names.spoken(network), message)
            return ()
        if found.rivals:
            self._ambiguous(placed, found.rivals)
        return found.patterns

    def _ambiguous(self, placed: Placed, rivals: tuple[str, ...]) -> None:
        self._report.add(
            f"'{placed.value}' is the name of several VMs",
            placed.origin,
            help=f"write {' or '.join(rivals)}",
        )

    def _check_intent(self, draft: dict[str, Any]) -> None:
        """Report names in an intent that nothing has; intents are not kept yet."""
        for verb in INTENT_VERBS:
            said = draft.get(verb, ())
            if isinstance(said, tuple):
                parties = said
            else:
                parties = tuple(
                    placed for key in ("from", "to", "via") for placed in said.get(key, ())
                )
                for placed in said.get("service", ()):
                    self._check_service(placed)
            for placed in parties:
                self._check_party(placed)

    def _check_service(self, placed: Placed) -> None:
        if placed.value in self._services or not self._complete:
            return
        try:
            service(placed.value)
        except ValueError as error:
            self._unknown(placed, self._services, str(error))

    def _check_party(self, placed: Placed) -> None:
        word = placed.value
        named = (self._groups, self._networks, self._hosts, _PARTIES)
        if any(word in names for names in named) or _is_prefix(word):
            return
        found = self._names.patterns(word)
        if found is not None and found.rivals:
            self._ambiguous(placed, found.rivals)
        elif found is None and self._complete:
            known = [*self._groups, *self._networks, *self._names.spoken(), *_PARTIES]
            self._unknown(placed, known, f"there is no VM, group or virtual network '{word}'")

    # -----------------------------------------------------------------------------------------
    # The policy

    def policy(self, sha256: str) -> Policy:
        """Make the values of the model; only where the report is empty."""
        hosts = {name: Host(name=name, **placed.value) for name, placed in self._hosts.items()}
        ports = {made.name: made for port in self._ports for made in _vm_ports(port)}
        networks: dict[str, VirtualNetwork] = {}
        routes: list[CustomerRoute] = []
        records: list[LookupRecord] = []
        generated: list[LookupRecord] = []
        of_network: dict[str, list[VmPort]] = {}
        for port in ports.values():
            of_network.setdefault(port.network, []).append(port)
        for name, placed in self._networks.items():
            draft = placed.value
            networks[name] = network = VirtualNetwork(
                name=name,
                rdid=draft["rdid"].text,
                bare_rdid=draft["rdid"].is_bare,
                customer_id=draft.get("customer_id", ""),
                origin=placed.origin,
            )
            own_routes = [_route(network, route) for route in draft.get("customer_routes", ())]
            routes += own_routes
            records += draft.get("lookup_records", ())
            if draft.get("generate_lookup_records", "lookup_records" not in draft):
                own_ports = of_network.get(name, ())
                generated += generated_records(network, own_ports, own_routes, hosts)
        return Policy(
            name=self._name or "",
            description=self._description or "",
            profile=self._profile or Profile.TRANSPARENT,
            hosts=hosts,
            networks=networks,
            ports=ports,
            routes=tuple(routes),
            records=tuple(merged(records, generated) if generated else records),
            firewall=Firewall(
                defaults=tuple(FirewallDefault(**draft) for draft in self._firewall("defaults")),
                rules=tuple(FirewallRule(**draft) for draft in self._firewall("rules")),
                keywords=self._keywords(),
            ),
            port_acls=tuple(PortAcl(**draft) for draft in self._joined("port_acls")),
            extended_acls=tuple(_extended_acl(draft) for draft in self._joined("extended_acls")),
            datacenter_acls=tuple(
                DatacenterAcl(**draft) for draft in self._joined("datacenter_acls")
            ),
            views={name: _view(name, placed.value) for name, placed in self._views.items()},
            services={name: placed.value for name, placed in self._services.items()},
            groups={name: _group(name, placed.value) for name, placed in self._groups.items()},
            sha256=sha256,
        )

    def _keywords(self) -> tuple[tuple[str, Any], ...]:
        found: dict[str, tuple[Any, ...]] = {}
        for document in self._documents:
            said: Mapping[str, Any] = document.sections.get("firewall", {}).get("keywords", {})
            for word in ("dns", "dhcp", "wins"):
                if word in said:
                    found[word] = found.get(word, ()) + said[word]
        return tuple(found.items())


def _continued(first: Placed, more: Placed) -> Placed:
    """Return a host or virtual network that was imported, as a file goes on with it.

    Routes and records are added, VMs too; of everything else the file's word counts.
    """
    said = dict(first.value)
    for key, held in more.value.items():
        if key in ("customer_routes", "lookup_records"):
            said[key] = [*said.get(key, ()), *held]
        elif key == "vms":
            said[key] = {**said.get(key, {}), **held}
        elif key != "origin":
            said[key] = held
    return first._replace(value=said)


def _is_prefix(word: str) -> bool:
    try:
        parse_prefix(word)
    except ValueError:
        return False
    return True


def _vm_ports(port: _Port) -> Iterator[VmPort]:
    """Make the port of an adapter, or those of a multi-tenant one: one a virtual network."""
    draft = {"vsid": 0, **port.draft}
    draft["host"] = draft["host"].value
    if "mappings" not in draft:
        yield VmPort(**draft, name=port.name, network=port.network)
        return
    del draft["mappings"]
    for name, mapping in _seats(port).items():
        network = mapping["virtual_network"].value
        own = {key: mapping[key] for key in ("vsid", "cas", "origin") if key in mapping}
        yield VmPort(name=name, network=network, trunk=port.name, **(draft | own))


def _seats(port: _Port) -> dict[str, dict[str, Any]]:
    """Return the mappings of a multi-tenant port by the name of the port that each makes."""
    mappings = [m for m in port.draft.get("mappings", ()) if "virtual_network" in m]
    networks = [mapping["virtual_network"].value for mapping in mappings]
    seats = {}
    for network, mapping in zip(networks, mappings, strict=True):
        several = networks.count(network) > 1
        seats[f"{network}/{port.name}" + (f":{mapping.get('vsid')}" if several else "")] = mapping
    return seats


def _route(network: VirtualNetwork, draft: dict[str, Any]) -> CustomerRoute:
    prefix, written = draft.pop("prefix")
    return CustomerRoute(
        rdid=network.rdid, network=network.name, prefix=prefix, written=written, **draft
    )


def _extended_acl(draft: dict[str, Any]) -> ExtendedAcl:
    if draft.get("stateful"):
        draft.setdefault("idle_timeout", _IDLE_TIMEOUT)
    return ExtendedAcl(**draft)


def _view(host: str, draft: dict[str, Any]) -> HostView:
    lacking = tuple(
        RouteKey(key["virtual_network"].value, key["prefix"])
        for key in draft.pop("without_customer_routes", ())
    )
    return HostView(host=host, without_customer_routes=lacking, **draft)


def _group(name: str, draft: dict[str, Any]) -> Group:
    network = draft.get("virtual_network")
    return Group(
        name=name,
        network=network.value if network else None,
        vms=draft.get("vms", Selector()),
        origin=draft["origin"],
    )
