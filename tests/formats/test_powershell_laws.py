# ruff: noqa: E501 - the lines of scripts are as long as administrators write them
"""Whatever stands in a script: reading it ends, with an inventory or an error at its place."""

from __future__ import annotations

from contextlib import suppress

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hnvemu.errors import PolicyError
from hnvemu.formats.powershell import read_script
from hnvemu.formats.powershell.cmdlets import CMDLETS, COMMON, ENUMERATIONS

SCRIPT = """\
$Hosts = "h1", 'h2'; $map = @{ a = 1; "b" = @(1, 2) }
function Add-Record([string]$ca, [int]$vsid = 5001) {
    New-NetVirtualizationLookupRecord -CustomerAddress $ca -VirtualSubnetID $vsid `
        -MACAddress 00155D010203 -ProviderAddress 192.168.4.11 -Rule TranslationMethodEncap @more
}
for ($i = 0; $i -lt $Hosts.Count; $i++) {
    Invoke-Command -ComputerName $Hosts[$i] -ScriptBlock { param($n) Add-Record "10.0.$n.$($using:i + 1)" } -ArgumentList 3
}
foreach ($d in 'Inbound', 'Outbound') { Add-VMNetworkAdapterExtendedAcl vm -Action Deny -Direction $d -Weight 1 }
switch -Wildcard ($Hosts) { 'h*' { continue } default { "x{0:D2}" -f $_ } }
1..3 | where { $_ -gt 1 -and -not ($_ -eq 3) } | % { Add-Record "10.0.0.$_" -vsid:5002 }
$text = @"
$($map.b[0]) and ${i}
"@
while ($i -gt 0) { $i--; if ($i -eq 1) { break } else { $map.a += $i } }
Get-VMNetworkAdapter * | ? MacAddress -eq 00155D010203 | Set-VMNetworkAdapter -VirtualSubnetId 5001
New-NetFirewallRule -DisplayName x -Protocol TCP -LocalPort 80,443,8000-8100 -Action Block > $null
"""
PIECES = [
    *("$", "{", "}", "(", ")", "@", "'", '"', "`", "|", ",", ";", "#", "<#", "[", "]", "=", "-", "..", "::"),
    *("\n", " ", "\0", "\u2013", "\u201c", "\u2019", "@'", "$(", "@{", "9999999999", "-join", "-f", "while ($true) {"),
    *("$i", "$map", "$null", "[int]", ".Count", "return", "1..100000", "'x' * 99999", "+=", "!", "%", "?"),
]  # fmt: skip


def read(script: str) -> None:
    """Read a script; a policy error has a place in it."""
    try:
        inventory, losses = read_script("a.ps1", script.encode(errors="replace"), lambda _: None)
    except PolicyError as error:
        findings = error.findings
    else:
        findings = losses
        for host in inventory.hosts:
            for row in host.records or ():
                assert 1 <= row.origin.line <= script.count("\n") + 1
    for finding in findings:
        assert finding.message
        first = 0 if finding.message.startswith("the file is") else 1
        assert first <= finding.origin.line <= script.count("\n") + 2
        assert str(finding)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_a_damaged_script_is_read_or_refused_with_places(data: st.DataObject) -> None:
    script = SCRIPT
    for _ in range(data.draw(st.integers(1, 4))):
        first = data.draw(st.integers(0, len(script)))
        last = min(len(script), first + data.draw(st.integers(0, 12)))
        piece = data.draw(st.sampled_from(PIECES) | st.text(max_size=3))
        script = script[:first] + piece + script[last:]

    read(script)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=25))
def test_any_pieces_are_read_or_refused_with_places(pieces: list[str]) -> None:
    read("".join(pieces))


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=60))
def test_any_octets_are_read_or_refused(octets: bytes) -> None:
    with suppress(PolicyError):
        assert read_script("a.ps1", octets, lambda _: None)


def test_words_that_are_nested_in_words_are_not_read_over_and_over() -> None:
    read("X " + "$(X " * 40 + "y" + ")z" * 40)


def test_the_table_of_cmdlets_is_consistent() -> None:
    plain = {
        "string",
        "bool",
        "switch",
        "guid",
        "object",
        "byte",
        "int",
        "int32",
        "uint16",
        "uint32",
    }
    for cmdlet in CMDLETS.values():
        names = [
            word.lower()
            for parameter in (*cmdlet.parameters, *COMMON)
            for word in (parameter.name, *parameter.aliases)
        ]
        assert len(names) == len(set(names)), cmdlet.name
        for parameter in cmdlet.parameters:
            assert parameter.type.removesuffix("[]") in plain | ENUMERATIONS.keys(), parameter
        sets = {name for parameter in cmdlet.parameters for name in parameter.sets}
        assert not sets or cmdlet.default_set in sets, cmdlet.name
