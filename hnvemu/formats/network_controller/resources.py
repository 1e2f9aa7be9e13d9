"""The resources in some files, by what refers to them.

Rules of the file: the envelope alone is known here. A resource is found by its reference, whatever
its case, its base address, or its form: a text, an object with one, or a bare name.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hnvemu.findings import Note
from hnvemu.formats.network_controller.names import readable
from hnvemu.value import value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hnvemu.formats.network_controller.json_tree import Node
    from hnvemu.formats.network_controller.losses import Losses
    from hnvemu.model.origin import Origin

NETWORKS = "virtualnetworks"
ADAPTERS = "networkinterfaces"
ACCESS_LISTS = "accesscontrollists"
ROUTE_TABLES = "routetables"
LOGICAL_NETWORKS = "logicalnetworks"
SERVERS = "servers"
VIRTUAL_GATEWAYS = "virtualgateways"
GATEWAYS = "gateways"
CONNECTIONS = "networkconnections"
BGP_ROUTERS = "bgprouters"
MANAGER = "virtualnetworkmanager"
SUBNETS = "subnets"
PEERINGS = "virtualnetworkpeerings"
LOAD_BALANCERS = "loadbalancers"
PUBLIC_ADDRESSES = "publicipaddresses"
_IMPORTED = (
    NETWORKS,
    ADAPTERS,
    ACCESS_LISTS,
    ROUTE_TABLES,
    LOGICAL_NETWORKS,
    SERVERS,
    VIRTUAL_GATEWAYS,
    GATEWAYS,
    CONNECTIONS,
    BGP_ROUTERS,
    MANAGER,
    SUBNETS,
    PEERINGS,
)
_LOST = {
    LOAD_BALANCERS: "load balancers are not emulated",
    PUBLIC_ADDRESSES: "public addresses are translated by load balancers, which are not emulated",
    "serviceinsertions": "service insertion is not emulated",
    "routingpolicies": "policy maps of BGP are not emulated",
}
_WITHOUT_EFFECT = (
    "backupconfigurations",
    "bgppeers",
    "credentials",
    "diagnostics",
    "discovery",
    "gatewaypools",
    "idnsserver",
    "ippools",
    "ipreservations",
    "learnedipaddresses",
    "loadbalancermanager",
    "loadbalancermuxes",
    "macpools",
    "monitoring",
    "networkcontrollerbackup",
    "networkcontrollerstatistics",
    "operations",
    "securitytags",
    "virtualfunctions",
    "virtualserver",
    "virtualservers",
    "virtualswitchmanager",
    "virtualswitchmanagers",
)
"""What a policy has no place for, and no packet would miss."""
_KINDS = frozenset((*_IMPORTED, *_LOST, *_WITHOUT_EFFECT))
_SIGNS: tuple[tuple[str, str], ...] = (
    ("addressspace", NETWORKS),
    ("privatemacaddress", ADAPTERS),
    ("portsettings", ADAPTERS),
    ("aclrules", ACCESS_LISTS),
    ("networkvirtualizationprotocol", MANAGER),
    ("virtualsubnetidrange", MANAGER),
    ("connectiontype", CONNECTIONS),
    ("gatewaysubnets", VIRTUAL_GATEWAYS),
    ("bgppeers", BGP_ROUTERS),
    ("routerip", BGP_ROUTERS),
    ("remotevirtualnetwork", PEERINGS),
    ("virtualserver", GATEWAYS),
    ("networkvirtualizationenabled", LOGICAL_NETWORKS),
    ("connections", SERVERS),
    ("frontendipconfigurations", LOAD_BALANCERS),
    ("subnets", LOGICAL_NETWORKS),
    ("routes", ROUTE_TABLES),
)
"""Properties that only one kind of resource has, the surest first."""
_BASE = re.compile(r"^(https?://[^/]*)?/?(networking/v[0-9.]+)?", re.IGNORECASE)
_GUID = re.compile(r"\{?([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})\}?")
DEEPER = "export it again with ConvertTo-Json -Depth 10"


@value
class Resource:
    """One resource, whichever file it stands in."""

    kind: str
    """Folded, as it stands in references: ``virtualnetworks``."""
    id: str
    ref: str
    """Folded, without the base address: ``/virtualnetworks/blue/subnets/web``."""
    node: Node
    properties: Node

    @property
    def origin(self) -> Origin:
        """Where the resource begins."""
        return self.node.origin

    @property
    def title(self) -> str:
        """What people call it: the name in its metadata where its identifier is a GUID."""
        named = self.node.word("resourceMetadata", "resourceName")
        return readable(named if named and _GUID.fullmatch(self.id) else self.id)

    @property
    def trouble(self) -> str:
        """What the controller says is wrong with it; empty where it says nothing."""
        said = []
        provisioned = self.properties.word("provisioningState")
        if provisioned.casefold() not in {"", "succeeded"}:
            said.append(f"provisioningState {provisioned}")
        status = self.properties.word("configurationState", "status")
        if status.casefold() in {"failure", "error"}:
            details = [
                ": ".join(filter(None, (part.word("code"), part.word("message"))))
                for part in self.properties.each("configurationState", "detailedInfo")
            ]
            said.append(f"configurationState {status} ({'; '.join(filter(None, details))})")
        return readable(", ".join(said).replace(" ()", ""))


class Store:
    """All resources of some files."""

    def __init__(self, losses: Losses) -> None:
        self._losses = losses
        self._by_ref: dict[str, Resource] = {}
        self._below: dict[str, list[Resource]] = {}
        self._lost: dict[str, list[tuple[str, Origin]]] = {}

    def __len__(self) -> int:
        return len(self._by_ref)

    @property
    def origin(self) -> Origin:
        """Where the first resource stands."""
        return next(iter(self._by_ref.values())).origin

    def add(self, node: Node, kind: str) -> None:
        """Take in what a file, or a part of one, says.

        Args:
            node: A resource, a list of some, an answer to GET, or lists by kind.
            kind: What the resources are where they do not say so; may be empty.
        """
        if isinstance(node.value, list):
            for item in node.value:
                self.add(item, kind)
        elif not isinstance(node.value, dict):
            self._refuse(node)
        elif "properties" in node.value or {"resourceref", "resourceid"} & node.value.keys():
            self._add_resource(node, kind)
        elif "value" in node.value:
            self.add(node.value["value"], kind)
            if node.get("nextLink") is not None:
                self._losses.add(
                    "the answer goes on behind its nextLink, and what follows is not here",
                    node.origin,
                    help="fetch the other parts and give them too",
                )
        else:
            self._add_by_kind(node, node.value)

    def of(self, kind: str) -> Iterator[Resource]:
        """Yield the resources of one kind."""
        return (found for found in self._by_ref.values() if found.kind == kind)

    def below(self, parent: Resource, kind: str) -> Iterator[Resource]:
        """Yield the resources inside another one, and those beside it that belong to it."""
        seen = set()
        for at, node in enumerate(parent.properties.each(kind)):
            if not isinstance(node.value, dict):
                self._refuse(node)
                continue
            found = _resource(node, kind, f"{parent.ref}/{kind}", str(at + 1))
            seen.add(found.ref)
            # What only refers to a resource means the one that stands elsewhere.
            yield found if "properties" in node.value else self._by_ref.get(found.ref, found)
        for found in self._below.get(parent.ref, ()):
            if found.kind == kind and found.ref not in seen:
                yield found

    def reference(self, node: Node | None, kind: str) -> str:
        """Return what a reference refers to, folded; empty where there is none."""
        if node is None or node.is_cut_off:
            return ""
        if isinstance(node.value, dict):
            text = node.word("resourceRef") or node.word("resourceId") or node.word("instanceId")
        else:
            text = node.word()
        return _folded(text, kind) if text else ""

    def find(self, node: Node | None, kind: str) -> Resource | None:
        """Return the resource that a reference means; None where the files do not have it."""
        found = self._by_ref.get(self.reference(node, kind))
        return found if found is not None and found.kind == kind else None

    def report_lost(self) -> None:
        """Report the resources that a policy has no place for, a kind at a time."""
        for message, members in self._lost.items():
            self._losses.add_group(message, members)

    def _add_by_kind(self, node: Node, members: dict[str, Node]) -> None:
        kinds = {key: _kind_named(key) for key in members}
        if members and not any(kinds.values()):
            self._losses.add(
                "this is no resource of Network Controller",
                node.origin,
                help="a resource has a resourceId and properties",
            )
            return
        for key, member in members.items():
            kind = kinds[key]
            if kind:
                if not member.is_nothing:
                    self.add(member, kind)
            elif not member.is_nothing:
                self._losses.add(f"'{key}' is no kind of resource that is known", member.origin)

    def _add_resource(self, node: Node, kind: str) -> None:
        ref = _folded(node.word("resourceRef"), "")
        parts = ref.split("/")
        properties = node.get("properties")
        stated = parts[-2] if len(parts) >= 3 else ""
        # A singleton's reference ends with the word 'configuration'.
        shape = "" if properties is None else _kind_of_shape(properties)
        found = stated or shape or kind
        if not stated and kind in _KINDS:
            found = kind if kind not in {SUBNETS, ""} else found
        name = node.word("resourceId") or parts[-1]
        if found not in _KINDS:
            what = f"of the kind '{found}'" if found else "of no kind that is known"
            self._losses.add(f"the resource '{name}' is {what}", node.origin)
            return
        if found in _WITHOUT_EFFECT:
            return
        if found in _LOST:
            self._lost.setdefault(_LOST[found], []).append((f"'{name}'", node.origin))
            return
        base = ref.rpartition("/")[0] or f"/{found}"
        self._keep(_resource(node, found, base, "configuration"), base)

    def _keep(self, resource: Resource, base: str) -> None:
        first = self._by_ref.get(resource.ref)
        if first is None:
            self._by_ref[resource.ref] = resource
            self._below.setdefault(base.rpartition("/")[0], []).append(resource)
            for child in (SUBNETS, CONNECTIONS, BGP_ROUTERS):
                for inner in resource.properties.each(child):
                    if inner.get("properties") is not None:
                        below = f"{resource.ref}/{child}"
                        found = _resource(inner, child, below, "")
                        self._by_ref.setdefault(found.ref, found)
        elif _plain(first.node) != _plain(resource.node):
            self._losses.add(
                f"'{resource.id}' is described twice and differently; the first one counts",
                resource.origin,
                notes=(Note("the first one is here", first.origin),),
            )

    def _refuse(self, node: Node) -> None:
        if node.is_nothing:
            return
        if node.is_cut_off:
            message = "ConvertTo-Json has cut off what stood here"
            self._losses.add(message, node.origin, help=DEEPER)
        else:
            self._losses.add("a resource belongs here", node.origin)


def kind_of_file(name: str) -> str:
    """Return the kind of resource that a file is named after; empty where it is named after none.

    ``SdnVirtualNetworks.json`` and ``20-virtualNetworks-blue.json`` hold virtual networks.
    """
    stem = re.sub(r"[^a-z]", "", name.rpartition("/")[2].partition(".")[0].casefold())
    inside = [kind for kind in _KINDS if kind.removesuffix("s") in stem]
    return max(inside, key=len, default="")


def body(node: Node) -> Node:
    """Return the properties of a part, whether or not it wraps them up."""
    return node.get("properties") or node


def guid_of(text: str) -> str:
    """Return a GUID in braces and lower case; empty where ``text`` is none."""
    found = _GUID.fullmatch(text.strip())
    return f"{{{found[1].lower()}}}" if found else ""


def _resource(node: Node, kind: str, base: str, unnamed: str) -> Resource:
    ref = _folded(node.word("resourceRef"), "")
    name = node.word("resourceId") or node.word("resourceRef").rpartition("/")[2]
    name = name or node.word("name") or unnamed
    return Resource(
        kind=kind,
        id=name,
        ref=ref or f"{base}/{name}".casefold(),
        node=node,
        properties=body(node),
    )


def _folded(text: str, kind: str) -> str:
    text = text.strip().rstrip("/")
    if not text:
        return ""
    if kind and "/" not in text:
        return f"/{kind}/{text}".casefold()
    return "/" + _BASE.sub("", text, count=1).lstrip("/").casefold()


def _kind_named(key: str) -> str:
    """Return the kind that a key means: ``virtualNetworks``, or one of them alone."""
    folded = re.sub(r"[^a-z]", "", key.casefold())
    folded = folded.removeprefix("sdn").removeprefix("networkcontroller") or folded
    return next((kind for kind in (folded, f"{folded}s") if kind in _KINDS), "")


def _kind_of_shape(properties: Node) -> str:
    if not isinstance(properties.value, dict):
        return ""
    return next((kind for key, kind in _SIGNS if key in properties.value), "")


def _plain(node: Node) -> object:
    found = node.value
    if isinstance(found, dict):
        return {key: _plain(inner) for key, inner in found.items()}
    return [_plain(inner) for inner in found] if isinstance(found, list) else found
