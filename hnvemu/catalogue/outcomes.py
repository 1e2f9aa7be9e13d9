"""Every outcome of a trace, with its exact condition."""

from __future__ import annotations

from typing import Final

from hnvemu.catalogue.definition import Example, OutcomeDefinition
from hnvemu.trace.outcome import Outcome

OUTCOMES: Final = (
    OutcomeDefinition(
        outcome=Outcome.DELIVERED,
        title="The frame reached the VM it was for",
        text="The frame left the switch at a port that has the destination address; or at a port to"
        " which a record of the destination itself, or the MAC table of Windows Server 2012, led.",
        example=Example(
            command="hnvemu trace -p sample:complex-routing A B",
            shows="from H1 to H2 in NVGRE",
        ),
    ),
    OutcomeDefinition(
        outcome=Outcome.TO_GATEWAY,
        title="The frame reached a VM that has to send it on",
        text="The frame left the switch at a port that does not have the destination address: it"
        " came by a route with a next hop or by a wildcard record. Under `ws2012`, also a frame"
        " switched by MAC to a port with `gateway: true`.",
        example=Example(
            command="hnvemu trace -p sample:complex-routing A 8.8.8.8",
            shows="the default route leads to GW",
        ),
    ),
    OutcomeDefinition(
        outcome=Outcome.ANSWERED,
        title="HNV answered itself",
        text="HNV answers an ARP request or neighbour solicitation itself, from a record; the"
        " answer is the delivered frame.",
        example=Example(
            command="hnvemu trace -p sample:complex-routing A 10.0.1.11 arp",
            shows="H1 knows the MAC of B",
        ),
    ),
    OutcomeDefinition(
        outcome=Outcome.REPLICATED,
        title="The frame was copied, each copy with a way of its own",
        text="A broadcast or multicast frame goes to several ports and hosts, each copy with a"
        " trace of its own.",
        example=Example(
            command="hnvemu trace -p sample:complex-routing A 239.1.1.1 udp/5353",
            shows="one copy on H1, one to H2",
        ),
    ),
    OutcomeDefinition(
        outcome=Outcome.PASSED_THROUGH,
        title="The frame is none of HNV's business",
        text="The sending port has VSID 0; or a DHCP client's message goes to the agent that"
        " answers it outside of the switch, under `ws2012` and `hnvv2`.",
        example=Example(
            command="hnvemu trace -p sample:complex-routing A B"
            " --set virtual_networks.T.vms.A.vsid=0",
            shows="A's port is outside of every virtual subnet",
        ),
    ),
    OutcomeDefinition(
        outcome=Outcome.EXTERNAL_ROUTER,
        title="A router outside has to route",
        text="The record lies in another VSID than the sender's, and the sending host has"
        " `use_external_router`. A real host logs lookup failure 12, *UseExternalRouter first"
        " lookup*.",
        example=Example(
            command="hnvemu trace -p sample:complex-routing A X"
            " --set hosts.H1.use_external_router=true",
            shows="X is in another subnet than A",
        ),
    ),
    OutcomeDefinition(
        outcome=Outcome.DROPPED,
        title="The packet went no further",
        text="The packet went no further; the reason says why.",
        example=Example(
            command="hnvemu trace -p sample:complex-routing A 10.0.1.99",
            shows="the reason stands beside the outcome",
        ),
    ),
    OutcomeDefinition(
        outcome=Outcome.UNDECIDED,
        title="The packet needs something that is not modelled",
        text="The packet needs something that this version does not model; the reason says which"
        " kind, and the last step names it.",
        example=Example(
            command="hnvemu trace -p sample:gateway-demo Blue1 Blue2"
            " --set 'virtual_networks.Blue.lookup_records[0].rule=nat'"
            " --set 'virtual_networks.Blue.lookup_records[1].rule=nat'",
            shows="address rewrite is not modelled, so nothing is guessed",
        ),
    ),
    OutcomeDefinition(
        outcome=Outcome.TO_OUTSIDE,
        title="The packet leaves by an uplink",
        text="Reserved for packets that leave by an uplink.",
        emitted=False,
        example="This version has no uplinks.",
    ),
)
