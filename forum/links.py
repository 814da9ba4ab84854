"""Where a plain form leads back to."""

from urllib.parse import urlsplit

from fastapi import Request


def came_from(request: Request, default: str) -> str:
    """Path of the page of this site that the form was sent from; `default` when the browser does not say."""
    referer = urlsplit(request.headers.get("referer", ""))
    if not referer.path.startswith("/") or referer.netloc != request.headers.get("host", ""):
        return default
    return referer.path + (f"?{referer.query}" if referer.query else "")
