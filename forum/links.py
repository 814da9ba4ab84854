"""What addresses carry: where a plain form leads back to, and ids inside cursors."""

from typing import Any
from urllib.parse import urlsplit

from fastapi import Request

from cocreate.web.paging import BadCursor


def came_from(request: Request, default: str) -> str:
    """Path of the page of this site that the form was sent from; `default` when the browser does not say."""
    referer = urlsplit(request.headers.get("referer", ""))
    if not referer.path.startswith("/") or referer.netloc != request.headers.get("host", ""):
        return default
    return referer.path + (f"?{referer.query}" if referer.query else "")


def cursor_id(value: Any) -> int:
    """An id out of a cursor; BadCursor for anything that no row can have."""
    if not isinstance(value, int) or not 0 <= value < 2**31:
        raise BadCursor("not an id")
    return value
