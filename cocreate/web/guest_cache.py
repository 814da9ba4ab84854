"""Public pages for signed-out readers, kept in memory for a moment.

The same bytes serve every guest, which is what a launch day or a stream asks for. Only whole answers (200) that say
`Cache-Control: public` are kept, no longer than their max-age, never one that sets a cookie, never for somebody with a
session. Who already has the bytes (`If-None-Match`) gets 304 from here.
"""

import re
import time
from collections import OrderedDict

from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.types import ASGIApp, Message, Receive, Scope, Send

PASSING_COOKIES = {"lang", "scheme"}
MAX_ENTRIES = 512
MAX_BYTES = 512_000
_MAX_AGE = re.compile(r"max-age=(\d+(?:\.\d+)?)")


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
        entry, moment = self._entries.get(key), time.monotonic()
        if entry is not None and entry[0] <= moment:
            # One reader fetches the new page; the others get the old one meanwhile instead of queueing for it.
            self._entries[key] = (moment + self.seconds, entry[1], entry[2])
        elif entry is not None:
            known = _known(scope, entry[1])
            await send(_not_modified(entry[1]) if known else {**entry[1], "headers": list(entry[1]["headers"])})
            await send({"type": "http.response.body", "body": b"" if known else entry[2]})
            return
        await self._fill(key, scope, receive, send)

    async def _fill(self, key: tuple[str, ...], scope: Scope, receive: Receive, send: Send) -> None:
        start: Message | None = None
        known, seconds = False, 0.0
        body = bytearray()
        # Asked without the reader's tag, the page answers in full, and that can be kept; the 304 is ours to give.
        bare = [(name, value) for name, value in scope["headers"] if name != b"if-none-match"]

        async def keep(message: Message) -> None:
            nonlocal start, known, seconds
            if message["type"] == "http.response.start":
                seconds = self._lasting(message)
                start = {**message, "headers": list(message["headers"])} if seconds else None
                if not seconds:
                    self._entries.pop(key, None)
                known = message["status"] == 200 and _known(scope, message)
                await send(_not_modified(message) if known else message)
                return
            if start is not None:
                body.extend(message.get("body", b""))
                if not message.get("more_body") and len(body) <= MAX_BYTES:
                    self._entries[key] = (time.monotonic() + seconds, start, bytes(body))
                    self._entries.move_to_end(key)
                    if len(self._entries) > MAX_ENTRIES:
                        self._entries.popitem(last=False)
            await send({**message, "body": b""} if known else message)

        try:
            await self.app({**scope, "headers": bare}, receive, keep)
        except BaseException:
            self._entries.pop(key, None)
            raise

    def _lasting(self, start: Message) -> float:
        """For how many seconds an answer may be kept; 0 for one that must not be."""
        headers = Headers(raw=start["headers"])
        control = headers.get("cache-control", "")
        if start["status"] != 200 or not control.startswith("public") or "set-cookie" in headers:
            return 0.0
        age = _MAX_AGE.search(control)
        return min(self.seconds, float(age[1])) if age else self.seconds

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


def _known(scope: Scope, start: Message) -> bool:
    """Whether the reader already has these bytes."""
    asked = Headers(scope=scope).get("if-none-match", "")
    tag = Headers(raw=start["headers"]).get("etag", "").removeprefix("W/")
    return bool(asked and tag) and tag in [part.strip().removeprefix("W/") for part in asked.split(",")]


def _not_modified(start: Message) -> Message:
    dropped = (b"content-length", b"content-type")
    return {**start, "status": 304, "headers": [pair for pair in start["headers"] if pair[0].lower() not in dropped]}
