"""A NUL is found in what is typed, wherever the pieces of a body are cut, and left alone in files."""

import pytest

from cocreate.web.nul import watch

FORM, JSON = "application/x-www-form-urlencoded", "application/json; charset=utf-8"
PARTS = 'multipart/form-data; boundary="=_b 1"'


def parts(*listed: tuple[str, bytes]) -> bytes:
    made = b"".join(b"--=_b 1\r\n" + head.encode() + b"\r\n\r\n" + body + b"\r\n" for head, body in listed)
    return made + b"--=_b 1--\r\n"


TYPED, FILE = 'Content-Disposition: form-data; name="a"', 'content-disposition: form-data; name="b"; filename="b.xlsx"'
SLY = 'Content-Type: text/plain; filename="x"\r\nContent-Disposition: form-data; name="filename"'
BODIES = [
    (FORM, b"name=a%00", True),
    (FORM, b"name=a%2500", False),
    (JSON, rb'{"a": "x\u0000"}', True),
    (JSON, rb'{"a": "x\\u0000"}', False),
    (PARTS, parts((TYPED, b"a\x00b")), True),
    (PARTS, parts((TYPED, "座椅\r\n--".encode()), (FILE, b"PK\x00\x01\r\n--=_b\x00")), False),
    (PARTS, parts((FILE, b"PK\x00"), (TYPED, b""), (TYPED, b"\x00")), True),
    (PARTS, parts((SLY, b"\x00")), True),
    (PARTS, parts((FILE.replace("b.xlsx", "b\x00.xlsx"), b"")), True),
    (PARTS, parts((TYPED + "\r\nX: " + "x" * 20_000, b"a\x00")), True),
    ("text/csv", b"\x00", False),
]


@pytest.mark.parametrize(("kind", "body", "holds"), BODIES)
@pytest.mark.parametrize("size", [1, 2, 3, 7, 64, 100_000])
def test_a_nul_is_found_in_what_is_typed_and_left_in_files(kind: str, body: bytes, holds: bool, size: int) -> None:
    asked = watch(kind)
    pieces = [body[start : start + size] for start in range(0, len(body), size)]
    assert (asked is not None and any(asked(piece) for piece in pieces)) is holds
