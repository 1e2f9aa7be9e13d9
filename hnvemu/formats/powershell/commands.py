"""The commands of PowerShell itself that are evaluated, and those that change no policy.

Rules of the file: parameters stand here as in :mod:`hnvemu.formats.powershell.cmdlets`, as far as
scripts use them.
"""

from __future__ import annotations

import re

from hnvemu.formats.powershell.cmdlets import Cmdlet, Parameter

ALIASES = {
    "?": "where-object",
    "where": "where-object",
    "%": "foreach-object",
    "foreach": "foreach-object",
    "select": "select-object",
    "sort": "sort-object",
    "icm": "invoke-command",
    "ipcsv": "import-csv",
    "gc": "get-content",
    "cat": "get-content",
    "type": "get-content",
    "ipmo": "import-module",
    "iex": "invoke-expression",
    "echo": "write-output",
    "write": "write-output",
    "nsn": "new-pssession",
    "ncms": "new-cimsession",
    "etsn": "enter-pssession",
    "exsn": "exit-pssession",
    "sv": "set-variable",
    "sajb": "start-job",
    "gcm": "get-command",
    "cls": "clear-host",
    "cd": "set-location",
    "ft": "format-table",
    "fl": "format-list",
    "sleep": "start-sleep",
    "measure": "measure-object",
    "group": "group-object",
    "ogv": "out-gridview",
}

REFUSED = {
    "invoke-expression": "text is not run as a script",
    "add-type": "types of .NET are not made",
    "start-job": "jobs are not evaluated",
    "start-threadjob": "jobs are not evaluated",
    "invoke-wmimethod": "calls of WMI are not evaluated",
    "invoke-cimmethod": "calls of WMI are not evaluated",
    "new-ciminstance": "instances of WMI are not evaluated",
    "import-clixml": "CLIXML is read as a dump of its own, not in a script",
    "import-localizeddata": "localised data are not read",
}
"""What changes a policy, perhaps, and is never evaluated."""

_HARMLESS = re.compile(
    r"(get|test|write|out|format|measure|show|start|stop|restart|wait|resume|suspend|clear|find|save|"
    r"update|export|checkpoint|move|copy|rename|enter|exit|push|pop|trace|compare|convertto|"
    r"convert|resolve|install|uninstall|mount|dismount|optimize|initialize|register|unregister|grant|"
    r"revoke|debug|limit|read|import|receive|send|connect|disconnect|publish|confirm|repair|use|"
    r"complete|undo|protect|unprotect)-\w+"
    r"|(new|set|add|remove|enable|disable|rename)-"
    r"(vm|vmswitch\w*|vmhost\w*|vmmemory|vmprocessor|vmdvddrive|vmharddiskdrive|vmfirmware|vmscsi\w*|"
    r"vmfibre\w*|vmcom\w*|vmbios|vmvideo|vmkeyprotector|vmsecurity\w*|vmsan|vmgroup\w*|vmreplication\w*|"
    r"vmintegrationservice|vmnetworkadapterrdma|vmnetworkadapterteammapping|vmnetworkadapterfailover\w*|"
    r"vhd\w*|partition|volume|disk|netadapter\w*|netipaddress|netipinterface|netroute|netneighbor|"
    r"netlbfo\w*|netqos\w*|netoffload\w*|netbranch\w*|dnsclient\w*|item|itemproperty|content|location|"
    r"windowsfeature|windowsoptionalfeature|executionpolicy|strictmode|pssession\w*|cimsession|"
    r"psdrive|module\w*|alias|service|localuser|localgroup\w*|computer|adcomputer|aduser|eventlog|"
    r"date|timezone|psdebug|job|scheduled\w*|smb\w*|cluster\w*|dhcpserver\w*|remoteaccess\w*|vpns2s\w*|"
    r"bgp\w*|netnat\w*|guid|timespan|psbreakpoint|acl|wsmaninstance|winevent|host|variable|object)",
)
_POLICY = re.compile(
    r"netvirtualization|vmnetworkadapter|netfirewall|networkcontroller|scvmnetwork"
)


def is_harmless(name: str) -> bool:
    """Whether a command, in lower case, tells hosts nothing that is a part of a policy."""
    if name in ("move-vm", "rename-vm", "start-process"):
        return False  # a VM's host and its name are parts of a policy; a program may do anything
    reads = name.startswith(("get-", "test-", "show-", "export-"))
    return bool(_HARMLESS.fullmatch(name)) and (reads or not _POLICY.search(name))


def _takes(*words: str, extra: tuple[Parameter, ...] = ()) -> tuple[Parameter, ...]:
    """Return parameters: ``name?`` is a switch, ``name@0`` has a position."""
    made = []
    for word in words:
        name, _, position = word.partition("@")
        if name.endswith("?"):
            made.append(Parameter(name[:-1], "switch"))
        else:
            made.append(Parameter(name, "object", position=int(position) if position else None))
    return (*made, *extra)


FILTER = (
    *("eq", "ne", "gt", "ge", "lt", "le", "like", "notlike", "match", "notmatch"),
    *("contains", "notcontains", "in", "notin"),
)
"""The operators that Where-Object has as switches."""
_KNOWN = (
    Cmdlet(
        "Where-Object",
        "",
        (
            *_takes("FilterScript@0", "Property", "Value@1", "InputObject"),
            *(Parameter(name, "switch") for name in FILTER),
        ),
    ),
    Cmdlet(
        "ForEach-Object",
        "",
        _takes(
            "Process@0", "Begin", "End", "MemberName", "ArgumentList", "InputObject", "Parallel"
        ),
    ),
    Cmdlet(
        "Select-Object",
        "",
        _takes("Property@0", "ExpandProperty", "ExcludeProperty", "First", "Last", "Skip", "Index")
        + _takes("Unique?", "InputObject"),
    ),
    Cmdlet(
        "Sort-Object", "", _takes("Property@0", "Descending?", "Unique?", "Culture", "InputObject")
    ),
    Cmdlet(
        "Invoke-Command",
        "",
        (
            Parameter("ComputerName", "object", aliases=("Cn",)),
            *_takes("ScriptBlock", "Session", "VMName", "VMId", "HostName", "Credential"),
            Parameter("ArgumentList", "object", aliases=("Args",)),
            *_takes("FilePath", "Port", "Authentication", "ConfigurationName", "ThrottleLimit"),
            *_takes("SessionOption", "JobName", "InputObject", "SessionName", "ConnectionUri"),
            *_takes(
                "AsJob?", "HideComputerName?", "NoNewScope?", "UseSSL?", "EnableNetworkAccess?"
            ),
            *_takes("InDisconnectedSession?", "RemoteDebug?"),
            Parameter("Place", "object", position=0),
            Parameter("Block", "object", position=1),
        ),
    ),
    *(
        Cmdlet(
            name,
            "",
            (
                Parameter("ComputerName", "object", position=0, aliases=("Cn",)),
                *_takes("Name", "Credential", "Authentication", "SessionOption", "Port", "VMName"),
                *_takes("ConfigurationName", "ThrottleLimit", "OperationTimeoutSec", "UseSSL?"),
                *_takes("SkipTestConnection?", "EnableNetworkAccess?", "Session", "HostName"),
            ),
        )
        for name in ("New-CimSession", "New-PSSession", "Enter-PSSession")
    ),
    Cmdlet("Exit-PSSession", "", ()),
    Cmdlet(
        "New-Object",
        "",
        (
            Parameter("TypeName", "object", position=0),
            Parameter("ArgumentList", "object", position=1, aliases=("Args",)),
            *_takes("Property", "ComObject", "Strict?"),
        ),
    ),
    Cmdlet(
        "Import-Csv",
        "",
        (
            Parameter("Path", "object", position=0, aliases=("LiteralPath", "PSPath")),
            *_takes("Delimiter@1", "Header", "Encoding", "UseCulture?"),
        ),
    ),
    Cmdlet("ConvertFrom-Csv", "", _takes("InputObject@0", "Delimiter@1", "Header", "UseCulture?")),
    Cmdlet(
        "ConvertFrom-Json", "", _takes("InputObject@0", "AsHashtable?", "Depth", "NoEnumerate?")
    ),
    Cmdlet(
        "Get-Content",
        "",
        (
            Parameter("Path", "object", position=0, aliases=("LiteralPath", "PSPath")),
            *_takes("Raw?", "Encoding", "TotalCount", "ReadCount", "Delimiter", "Force?"),
        ),
    ),
    Cmdlet(
        "Import-PowerShellDataFile",
        "",
        (Parameter("Path", "object", position=0, aliases=("LiteralPath", "PSPath")),),
    ),
    Cmdlet("Join-Path", "", _takes("Path@0", "ChildPath@1", "AdditionalChildPath", "Resolve?")),
    Cmdlet(
        "Split-Path",
        "",
        _takes("Path@0", "LiteralPath", "Parent?", "Leaf?", "LeafBase?", "Extension?", "Qualifier?")
        + _takes("Resolve?"),
    ),
    Cmdlet(
        "Add-Member",
        "",
        _takes("MemberType@0", "Name@1", "Value@2", "SecondValue@3", "InputObject", "PassThru?")
        + _takes("Force?", "NotePropertyName", "NotePropertyValue", "NotePropertyMembers")
        + _takes("TypeName"),
    ),
    Cmdlet(
        "Set-Variable",
        "",
        _takes("Name@0", "Value@1", "Scope", "Option", "Description", "Force?", "Visibility"),
    ),
    Cmdlet(
        "New-Variable",
        "",
        _takes("Name@0", "Value@1", "Scope", "Option", "Description", "Force?", "Visibility"),
    ),
    Cmdlet("Write-Output", "", _takes("InputObject@0", "NoEnumerate?")),
    Cmdlet("Out-Null", "", _takes("InputObject")),
)
KNOWN = {cmdlet.name.lower(): cmdlet for cmdlet in _KNOWN}
"""By name in lower case."""
