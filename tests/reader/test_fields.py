"""What the words of the format mean."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hnvemu.addresses import MacAddress, parse_address
from hnvemu.model.origin import BUILT_IN
from hnvemu.model.provider import AddressState
from hnvemu.model.records import RecordType, Translation
from hnvemu.model.topology import IsolationMode
from hnvemu.reader import fields
from hnvemu.reader.shape import RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.parametrize(("text", "value"), [("010", 10), ("0", 0), ("16777215", 0xFF_FFFF)])
def test_numbers_are_decimal(text: str, value: int) -> None:
    assert fields.VSID.read(text) == value


@pytest.mark.parametrize("text", ["0x1389", "1e3", "5_001", "5001.0", "+1", "", "٣", "9" * 5000])
def test_other_spellings_of_numbers_are_refused(text: str) -> None:
    with pytest.raises(RefusedError, match="is not a whole number"):
        fields.INTEGER.read(text)


def test_vsid_beyond_24_bits_carries_its_number() -> None:
    with pytest.raises(RefusedError) as caught:
        fields.VSID.read("16777216")

    assert caught.value.code == "HNV002"


def test_weight_may_be_negative() -> None:
    assert fields.INTEGER.read("-5") == -5


@pytest.mark.parametrize("text", ["true", "Yes", "ON", "$true", "$True"])
def test_words_for_true(text: str) -> None:
    assert fields.BOOLEAN.read(text) is True


@pytest.mark.parametrize("text", ["false", "No", "OFF", "$false"])
def test_words_for_false(text: str) -> None:
    assert fields.BOOLEAN.read(text) is False


def test_words_are_read_as_the_cmdlets_write_them() -> None:
    assert fields.RECORD_TYPE.read("GatewayWildcard") is RecordType.GATEWAY_WILDCARD
    assert fields.RECORD_TYPE.read("l2-only") is RecordType.L2_ONLY
    assert fields.TRANSLATION.read("TranslationMethodEncap") is Translation.ENCAP
    assert fields.ADDRESS_STATE.read("Preferred") is AddressState.PREFERRED
    assert fields.ISOLATION_MODE.read("NativeVirtualSubnet") is IsolationMode.NATIVE_VIRTUAL_SUBNET


@pytest.mark.parametrize("text", ["on-link", "OnLink", "on_link", "0.0.0.0", "::"])
def test_spellings_of_on_link(text: str) -> None:
    assert fields.NEXT_HOP.read(text) is None


def test_next_hop_is_an_address() -> None:
    assert fields.NEXT_HOP.read("2001:db8::1") == IPv6Address("2001:db8::1")


def result(read: Callable[[str], object], text: str) -> object:
    try:
        return read(text)
    except ValueError as error:
        return str(error)


@given(st.ip_addresses().map(str) | st.from_regex(r"[0-9]{1,3}(\.[0-9]{0,3}){2,4}", fullmatch=True))
def test_address_is_read_as_the_plain_parser_reads_it(text: str) -> None:
    """Addresses have a faster way of their own."""
    assert result(fields.ADDRESS.read, text) == result(parse_address, text)


def test_prefix_as_address_is_refused() -> None:
    with pytest.raises(RefusedError, match="is a prefix, and an address is wanted"):
        fields.ADDRESS.read("10.0.1.5/24")


def test_prefix_with_host_bits_is_remembered_as_written() -> None:
    assert fields.ROUTE_PREFIX.read("10.0.1.5/24") == (ip_network("10.0.1.0/24"), "10.0.1.5/24")
    assert fields.ROUTE_PREFIX.read("10.0.1.0/24") == (ip_network("10.0.1.0/24"), "")


def test_guid_is_normalised() -> None:
    expected = "{aaaaaaaa-0000-0000-0000-00000000000f}"

    assert fields.RDID.read("AAAAAAAA-0000-0000-0000-00000000000F") == (expected, True)
    assert fields.RDID.read("{aaaaaaaa-0000-0000-0000-00000000000F}") == (expected, False)


@pytest.mark.parametrize(
    "text",
    ["", "{}", "{aaaaaaaa-0000-0000-0000-00000000000f", "gaaaaaaa-0000-0000-0000-00000000000f"],
)
def test_other_guids_are_refused_with_their_number(text: str) -> None:
    with pytest.raises(RefusedError) as caught:
        fields.RDID.read(text)

    assert caught.value.code == "HNV004"


def test_customer_id_is_any_label() -> None:
    assert fields.CUSTOMER_ID.read("Contoso") == "Contoso"
    assert fields.CUSTOMER_ID.read("BBBBBBBB-0000-0000-0000-000000000001").startswith("{bbbbbbbb-")


def test_provider_address_without_mac_gets_one() -> None:
    value = fields.SHORT_PROVIDER_ADDRESS.read("192.168.10.11/24")

    address = fields.provider_address(interface=value, origin=BUILT_IN)

    assert address.address == ip_address("192.168.10.11")
    assert address.prefix == ip_network("192.168.10.0/24")
    assert str(address.mac) == "02-00-C0-A8-0A-0B"


def test_provider_address_keeps_its_mac_even_if_it_is_zero() -> None:
    value = fields.INTERFACE.read("192.168.10.11/24")

    address = fields.provider_address(interface=value, origin=BUILT_IN, mac=MacAddress(0))

    assert address.mac == 0


@pytest.mark.parametrize("text", ["a\x1bb", "a\x9bb", "a\u202eb", "a\nb"])
def test_label_holds_no_control_characters(text: str) -> None:
    with pytest.raises(RefusedError, match="control character"):
        fields.LABEL.read(text)


def test_text_may_have_several_lines() -> None:
    assert fields.TEXT.read("one\n\ttwo\n") == "one\n\ttwo\n"


def test_label_may_hold_rare_spaces() -> None:
    assert fields.LABEL.read("a\u00a0b\u2009c") == "a\u00a0b\u2009c"


@pytest.mark.parametrize("text", ["", "a/b", "a:b", "a\tb"])
def test_bad_names_are_refused(text: str) -> None:
    with pytest.raises(RefusedError):
        fields.name(text)


def test_short_cut_does_not_remember_bad_addresses() -> None:
    for _ in range(2):
        with pytest.raises(ValueError, match=r"'10\.0\.256\.1' is not an IP address"):
            fields.ADDRESS.read("10.0.256.1")

    assert fields.ADDRESS.read("10.0.255.1") == IPv4Address("10.0.255.1")
