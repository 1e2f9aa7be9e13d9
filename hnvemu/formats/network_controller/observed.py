"""What hosts were seen to have, for what the controller does not tell: VSIDs, PAs, names of VMs."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hnvemu.addresses import IPAddress, MacAddress
    from hnvemu.formats.inventory import HostInventory, Inventory
    from hnvemu.model.records import LookupRecord


class Observed:
    """The hosts of an inventory, indexed by what resources can ask for."""

    def __init__(self, inventory: Inventory | None) -> None:
        self.hosts = () if inventory is None else inventory.hosts
        self._records: dict[tuple[MacAddress, IPAddress], list[LookupRecord]] = {}
        self._names: dict[MacAddress, str] = {}
        self._local: dict[tuple[MacAddress, IPAddress], LookupRecord] = {}
        """Mappings of hosts to themselves."""
        for host in self.hosts:
            held = {address.address for address in host.addresses}
            for record in host.records or ():
                key = record.mac, record.ca
                self._records.setdefault(key, []).append(record)
                if record.pa in held:
                    self._local.setdefault(key, record)
            for port in host.ports:
                self._names.setdefault(port.mac, port.name)

    def record(self, mac: MacAddress, ca: IPAddress) -> LookupRecord | None:
        """Return an address's mapping: the one of the host that has it, else what most say."""
        if (mac, ca) in self._local:
            return self._local[mac, ca]
        found = self._records.get((mac, ca))
        if not found:
            return None
        count = Counter((record.vsid, record.pa) for record in found)
        most = count.most_common(1)[0][0]
        return next(record for record in found if (record.vsid, record.pa) == most)

    def name(self, mac: MacAddress) -> str:
        """Return ``VM:adapter`` as Hyper-V has it; empty where that was not seen."""
        return self._names.get(mac, "")

    def host(self, names: frozenset[str]) -> HostInventory | None:
        """Return the host of one of those names, which are folded."""
        for host in self.hosts:
            folded = host.name.casefold()
            if folded in names or folded.partition(".")[0] in names:
                return host
        return None

    def vsids(self) -> frozenset[int]:
        """Return the VSIDs that any host has."""
        return frozenset(record.vsid for records in self._records.values() for record in records)
