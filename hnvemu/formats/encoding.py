"""The octets of a file and the text they are: UTF-8 or UTF-16, as PowerShell writes files."""

from __future__ import annotations

import codecs

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def text_of(octets: bytes) -> str:
    """Return the text of a file, without its byte order mark, its lines ended as on Unix.

    Raises:
        ValueError: It is no text.
    """
    for mark, encoding in _MARKS:
        if octets.startswith(mark):
            return _plain(_decoded(octets[len(mark) :], encoding))
    if octets[1:2] == b"\0":
        return _plain(_decoded(octets, "utf-16-le"))
    if octets[:1] == b"\0":
        return _plain(_decoded(octets, "utf-16-be"))
    try:
        return _plain(octets.decode())
    except UnicodeDecodeError:
        # What Windows PowerShell writes with -Encoding Default.
        return _plain(octets.decode("cp1252", "replace"))


def _decoded(octets: bytes, encoding: str) -> str:
    try:
        return octets.decode(encoding)
    except UnicodeDecodeError as error:
        raise ValueError(f"the file is not {encoding.upper()}: octet {error.start}") from None


def _plain(text: str) -> str:
    if "\0" in text:
        raise ValueError("the file is binary")
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text
