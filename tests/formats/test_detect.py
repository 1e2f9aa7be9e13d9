"""What a file is, is told by its content."""

from __future__ import annotations

import pytest

from hnvemu.formats.detect import Format, format_of

POLICIES = [
    "hnv: 1\nname: x\n",
    '{"hnv": 1, "hosts": {}}',
    "# comment\nvirtual_networks:\n  T:\n    rdid: x\n",
    "name: x\nhosts: {H1: {}}\n",
    "",
    "just: text\n",
    "{hnv: 1, name: x}",
    '"hnv": 1',
    "[]",
]
SCRIPTS = [
    "$h = 'H1'\n",
    "New-NetVirtualizationLookupRecord -CustomerAddress 10.0.1.10\n",
    "PS C:\\> Set-VMNetworkAdapter A -VirtualSubnetId 5001\n",
    "# plan\nparam(\n  [string]$A\n)\n",
    "<#\n.SYNOPSIS\n#>\n",
    "@{\n  Hosts = @('H1')\n}\n",
    "foreach ($v in 1..3) { }\n",
    "[CmdletBinding()]\nparam()\n",
    "[string] $Name = 'H1'\n",
]
DUMPS = [
    '#TYPE x\n"a"\n',
    '[{"CustomerAddress":"1","VirtualSubnetID":1,"MACAddress":"","ProviderAddress":""}]',
    '{"HnvDump": 1, "ComputerName": "H1"}',
    "<Objs Version='1.1.0.1'/>",
    "#< CLIXML\n<Objs/>",
    "RoutingDomainID;VirtualSubnetID;DestinationPrefix\na;b;c\nd;e\n",
    "\nProviderAddress : 192.168.10.11\nPrefixLength    : 24\n",
    "PS C:\\> Get-NetVirtualizationGlobal\n\nUseExternalRouter : False\n",
]
CONTROLLER = [
    '{"resourceId": "v1", "properties": {"addressSpace": {}}}',
    '{"value": [{"resourceRef": "/virtualNetworks/v1"}], "nextLink": ""}',
    '{"value": [], "nextLink": ""}',
    '{"value": [',
]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        *((text, Format.YAML) for text in POLICIES),
        *((text, Format.POWERSHELL) for text in SCRIPTS),
        *((text, Format.DUMP) for text in DUMPS),
        *((text, Format.NETWORK_CONTROLLER) for text in CONTROLLER),
    ],
)
def test_content_says_what_a_file_is(text: str, expected: Format) -> None:
    assert format_of("file", text.encode()) is expected


@pytest.mark.parametrize("text", ["", "\r\n", "[]", "null", '{"value": [], "Count": 0}'])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_command_that_found_nothing_leaves_a_file_that_says_nothing(
    text: str, encoding: str
) -> None:
    octets = text.encode(encoding)

    assert format_of("gateways.json", octets) is Format.NOTHING
    assert format_of("H1.csv", octets) is Format.NOTHING


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-be"])
@pytest.mark.parametrize(("text", "expected"), [(SCRIPTS[1], "powershell"), (DUMPS[0], "dump")])
def test_content_is_read_in_any_encoding(encoding: str, text: str, expected: str) -> None:
    assert format_of("file", text.encode(encoding)) == expected


def test_the_name_decides_where_the_content_leaves_it_open() -> None:
    assert format_of("deploy.ps1", b"Do-It\n") is Format.POWERSHELL
    assert format_of("deploy.PSD1", b"\n") is Format.POWERSHELL
    assert format_of("deploy.yaml", b"Do-It\n") is Format.YAML
