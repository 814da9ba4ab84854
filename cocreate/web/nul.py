"""The one character that no database of ours keeps in a text, told from bytes while they come in."""

import re
from collections.abc import Callable
from typing import Protocol

from python_multipart.multipart import parse_options_header

_SPELLED = {
    "application/x-www-form-urlencoded": re.compile(rb"%00|\x00"),
    # Behind an even number of backslashes; an odd number more and it is text about the character.
    "application/json": re.compile(rb"(?<!\\)(?:\\\\)*\\u0000|\x00"),
}
_TAIL = 8
"""Bytes kept of the last piece, because the character's spelling may be cut by the next one."""
_LONGEST_HEAD = 16_384
"""No part of an honest form says more before it begins."""


class Watch(Protocol):
    """Whether the character is in the next piece of a body."""

    def __call__(self, piece: bytes, /) -> bool: ...


def watch(content_type: str) -> Watch | None:
    """What to ask for each piece of a body of this type, in order; None for types that no handler reads as text."""
    kind, options = parse_options_header(content_type)
    name = kind.decode("latin-1").strip().lower()
    if name == "multipart/form-data" and options.get(b"boundary"):
        return _Parts(options[b"boundary"]).holds_nul
    return _spelled(_SPELLED[name]) if name in _SPELLED else None


def _spelled(pattern: re.Pattern[bytes]) -> Callable[[bytes], bool]:
    tail = b""

    def holds_nul(piece: bytes, /) -> bool:
        nonlocal tail
        found = pattern.search(tail + piece) is not None
        tail = (tail + piece)[-_TAIL:]
        return found

    return holds_nul


class _Parts:
    """A multipart form as it comes in. Files may hold any byte; what is typed, and the heads of all parts, may not."""

    def __init__(self, boundary: bytes) -> None:
        self._delimiter = b"\r\n--" + boundary
        self._pending = b"\r\n"  # the first boundary has no line before it
        self._in_head, self._typed = False, False

    def holds_nul(self, piece: bytes, /) -> bool:
        """Whether this piece, or the end of the one before, completes a part of text with the character."""
        data = self._pending + piece
        while True:
            mark = b"\r\n\r\n" if self._in_head else self._delimiter
            end = data.find(mark)
            whole = data if end < 0 else data[:end]
            if (self._in_head or self._typed) and b"\x00" in whole:
                return True
            if end < 0:
                break
            if self._in_head:
                self._typed = not _is_file(whole)
            self._in_head, data = not self._in_head, data[end + len(mark) :]
        if self._in_head and len(data) > _LONGEST_HEAD:
            self._in_head, self._typed = False, True
        # A head is read as a whole; of anything else only what may be the beginning of a boundary is needed again.
        self._pending = data if self._in_head else data[-(len(self._delimiter) - 1) :]
        return False


def _is_file(head: bytes) -> bool:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-disposition":
            return b"filename" in parse_options_header(value)[1]
    return False
