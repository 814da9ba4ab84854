"""Walls that every request passes: body size, cross-site check, headers. Plain ASGI, so that streams stay streams."""

import secrets
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cocreate.web.nul import Watch, watch

SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
SIGNED_PATHS = ("/unsubscribe/",)
"""Their address is itself the proof, and no cookie is read: mail programs post there by themselves (RFC 8058)."""
CSP = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)


def same_origin(headers: Headers) -> bool:
    """Whether a browser sent this from our own page: Sec-Fetch-Site, or Origin against Host where it is unknown.

    A client that sends neither is no browser of the last years and carries no cookie by accident; it is refused too,
    because old in-app browsers send at least Origin with a form.
    """
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = headers.get("origin")
    return origin is not None and urlsplit(origin).netloc == headers.get("host")


def dress(answer: MutableHeaders, scope: Scope, *, https: bool) -> None:
    """Give an answer the headers that every answer carries."""
    answer.setdefault("content-security-policy", CSP)
    answer.setdefault("x-content-type-options", "nosniff")
    answer.setdefault("referrer-policy", "same-origin")
    answer.setdefault("cross-origin-opener-policy", "same-origin")
    answer.setdefault("permissions-policy", "camera=(), microphone=(), geolocation=()")
    answer["x-request-id"] = scope["state"]["request_id"]
    if https:
        answer.setdefault("strict-transport-security", "max-age=31536000")


class Walls:
    """Refuses cross-site writes and bodies that are too large; adds the security headers to every answer."""

    def __init__(self, app: ASGIApp, *, max_body: int, large_paths: dict[str, int], https: bool) -> None:
        self.app = app
        self.max_body = max_body
        self.large_paths = large_paths
        self.https = https

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        scope.setdefault("state", {})["request_id"] = secrets.token_hex(8)
        path = scope["path"]
        limit = self.large_paths.get(path, self.max_body)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                dress(MutableHeaders(scope=message), scope, https=self.https)
            await send(message)

        if scope["method"] not in SAFE_METHODS and not self._allowed(path, headers):
            await self._refuse(403, "cross_site", scope, receive, send_with_headers)
            return
        length = headers.get("content-length", "0")
        if not length.isdigit() or int(length) > limit:
            await self._refuse(413, "too_large", scope, receive, send_with_headers)
            return
        await self.app(scope, _watched(receive, limit, watch(headers.get("content-type", ""))), send_with_headers)

    @staticmethod
    def _allowed(path: str, headers: Headers) -> bool:
        # No browser sends a bearer token by itself, and the JSON routes read no cookie: they need no such check.
        return path.startswith(("/api/", *SIGNED_PATHS)) or same_origin(headers)

    @staticmethod
    async def _refuse(status: int, code: str, scope: Scope, receive: Receive, send: Send) -> None:
        messages = {"cross_site": "This request came from another site.", "too_large": "That is too large."}
        body = {"error": {"code": code, "message": messages[code], "fields": {}}}
        await JSONResponse(body, status)(scope, receive, send)


class BodyTooLarge(Exception):
    """A body without a length went over the limit while it was read."""


class BodyHoldsNul(Exception):
    """The one character that no database of ours keeps in a text."""


def _watched(receive: Receive, limit: int, holds_nul: Watch | None) -> Receive:
    seen = 0

    async def read() -> Message:
        nonlocal seen
        message = await receive()
        if message["type"] == "http.request":
            piece = message.get("body", b"")
            seen += len(piece)
            if seen > limit:
                raise BodyTooLarge
            if holds_nul is not None and holds_nul(piece):
                raise BodyHoldsNul
        return message

    return read
