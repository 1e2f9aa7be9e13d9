"""The vocabulary of the format's table."""

from __future__ import annotations

from hnvemu.reader.fields import LABEL, VSID
from hnvemu.reader.shape import Field, ListOf, Placed, Record, squeezed


def test_record_is_prepared_for_reading() -> None:
    vsid = Field("vsid", VSID, "A VSID.", required=True, cmdlet=("VirtualSubnetID",))
    placed = Field("vm", LABEL._replace(make=Placed), "A name.", into="name")
    several = Field("ca", ListOf(item=LABEL), "Words.")

    record = Record(name="r", noun="a record", text="A record.", fields=(vsid, placed, several))

    assert record.by_key["vsid"] == ("vsid", VSID.read, vsid)
    assert record.by_key["vm"] == ("name", None, placed)
    into, read, field = record.by_key["ca"]
    assert (into, field) == ("ca", several)
    assert read is not None
    assert read("a word") == ("a word",)
    assert record.required == {"vsid"}
    assert record.cmdlets == {"virtualsubnetid": "vsid"}


def test_spellings_of_a_word_are_one() -> None:
    assert squeezed("Gateway_Wildcard") == squeezed("gateway-wildcard") == "gatewaywildcard"
