"""In which encoding a file was written. UTF-8 is certain when it fits; GB18030 fits nearly anything, so it has to
look like Chinese as well."""

import codecs
import re

from cocreate.core.text_marks import N_

_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
COMMON_SHARE = 0.8
"""Of the non-ASCII characters in a GB18030 file so many are in everyday use; text of another encoding stays below."""
BROKEN_SHARE = 0.02
"""A UTF-8 file with so few bad bytes is damaged rather than written in GB18030."""


class BadEncoding(Exception):
    """Neither encoding fits. reason: msgid; line: where the first misfit stands."""

    def __init__(self, reason: str, line: int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.line = line


def decode(data: bytes) -> tuple[str, str]:
    """The text of a file and the name of its encoding; BadEncoding if it is neither UTF-8 nor GB18030 (nor UTF-16
    with its mark, as Excel writes "Unicode text")."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        try:
            return data.decode("utf-16"), "utf-16"
        except UnicodeDecodeError as error:
            raise BadEncoding(N_("The file begins as UTF-16 and breaks off."), 1) from error
    try:
        return data.decode("utf-8-sig"), "utf-8"
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
    repaired = data.decode("utf-8", "replace")
    foreign = len(_NOT_ASCII.findall(repaired))
    if data.startswith(codecs.BOM_UTF8) or repaired.count("\ufffd") <= BROKEN_SHARE * foreign:
        raise BadEncoding(N_("The file is UTF-8, but a character here is damaged."), line)
    try:
        text = data.decode("gb18030")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise BadEncoding(N_("The file is neither UTF-8 nor GB18030. Please save it as UTF-8."), line) from error
    if not _looks_chinese(text):
        raise BadEncoding(N_("The file is neither UTF-8 nor GB18030. Please save it as UTF-8."), line)
    return text, "gb18030"


def _looks_chinese(text: str) -> bool:
    foreign = _NOT_ASCII.findall(text)
    return bool(foreign) and sum(map(_everyday, foreign)) >= COMMON_SHARE * len(foreign)


def _everyday(character: str) -> bool:
    """Whether GB2312 has it in its punctuation or in its first level, the 3,755 characters in common use."""
    try:
        row = character.encode("gb2312")[0] - 0xA0
    except UnicodeEncodeError:
        return False
    return row <= 9 or 16 <= row <= 55
