"""Public pages for signed-out readers, kept in memory for a moment.

The same bytes serve every guest, which is what a launch day or a stream asks for. Only answers that say
`Cache-Control: public` are kept, never one that sets a cookie, never for somebody with a session.
"""

import time
from collections import OrderedDict

from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.types import ASGIApp, Message, Receive, Scope, Send

PASSING_COOKIES = {"lang", "scheme"}
MAX_ENTRIES = 512
MAX_BYTES = 512_000


class GuestCache:
    """ASGI middleware; one entry per address, language wish, scheme and kind of request."""

    def __init__(self, app: ASGIApp, *, seconds: float) -> None:
        self.app = app
        self.seconds = seconds
        self._entries: OrderedDict[tuple[str, ...], tuple[float, Message, bytes]] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        key = self._key(scope) if self.seconds else None
        if key is None:
            await self.app(scope, receive, send)
            return
        entry = self._entries.get(key)
        if entry is not None and entry[0] > time.monotonic():
            start = {**entry[1], "headers": list(entry[1]["headers"])}
            await send(start)
            await send({"type": "http.response.body", "body": entry[2]})
            return
        await self._fill(key, scope, receive, send)

    async def _fill(self, key: tuple[str, ...], scope: Scope, receive: Receive, send: Send) -> None:
        start: Message | None = None
        body = bytearray()

        async def keep(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                headers = Headers(raw=message["headers"])
                if headers.get("cache-control", "").startswith("public") and "set-cookie" not in headers:
                    start = {**message, "headers": list(message["headers"])}
            elif start is not None:
                body.extend(message.get("body", b""))
                if not message.get("more_body") and len(body) <= MAX_BYTES:
                    self._entries[key] = (time.monotonic() + self.seconds, start, bytes(body))
                    self._entries.move_to_end(key)
                    if len(self._entries) > MAX_ENTRIES:
                        self._entries.popitem(last=False)
            await send(message)

        await self.app(scope, receive, keep)

    @staticmethod
    def _key(scope: Scope) -> tuple[str, ...] | None:
        if scope["type"] != "http" or scope["method"] != "GET":
            return None
        headers = Headers(scope=scope)
        cookies = cookie_parser(headers.get("cookie", "")) if "cookie" in headers else {}
        if "authorization" in headers or set(cookies) - PASSING_COOKIES:
            return None
        return (
            scope["path"],
            scope["query_string"].decode("latin-1"),
            headers.get("accept-language", ""),
            headers.get("hx-request-type", ""),
            headers.get("host", ""),
            *(f"{name}={cookies[name]}" for name in sorted(cookies)),
        )
