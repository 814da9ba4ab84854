"""A test client that acts as any member and knows how refusals look."""

from typing import Any

from anyio.from_thread import BlockingPortal
from fastapi import FastAPI
from starlette.testclient import TestClient

from cocreate.core.runtime import Runtime
from cocreate.identity.members.models import Member
from cocreate.identity.sessions.service import begin_session, cookie_name


class Client:
    """Requests as a browser of our own origin sends them; `htmx=True` asks for a part, `actor` signs in.

    browser=False: without the header by which a browser says that it is on our own page.
    """

    def __init__(self, app: FastAPI, runtime: Runtime, portal: BlockingPortal | None = None) -> None:
        self.runtime = runtime
        self._http = TestClient(
            app, base_url="http://testserver", follow_redirects=False, raise_server_exceptions=False
        )
        # Without a loop that stays, each request starts one, and threads to go with it.
        self._http.portal = portal
        self._cookies: dict[int, str] = {}

    def request(
        self, method: str, path: str, *, actor: Member | None = None, htmx: bool = False, token: str | None = None,
        language: str = "zh-CN", headers: dict[str, str] | None = None, browser: bool = True, **kwargs: Any
    ) -> Any:  # fmt: skip
        ours = {"sec-fetch-site": "same-origin"} if browser else {}
        sent = {**ours, "accept-language": language, **(headers or {})}
        if htmx:
            sent |= {"hx-request": "true", "hx-request-type": "partial"}
        if token:
            sent["authorization"] = f"Bearer {token}"
        if actor is not None:
            sent["cookie"] = "; ".join(filter(None, [self._cookie(actor), sent.get("cookie")]))
        self._http.cookies.clear()
        return self._http.request(method, path, headers=sent, **kwargs)

    def _cookie(self, actor: Member) -> str:
        if actor.id not in self._cookies:
            with self.runtime.database.write() as session:
                self._cookies[actor.id or 0] = begin_session(session, actor.id or 0)
        return f"{cookie_name(self.runtime.settings.secure)}={self._cookies[actor.id or 0]}"

    def get(self, path: str, **kwargs: Any) -> Any:
        return self.request("GET", path, **kwargs)

    def post(self, path: str, **kwargs: Any) -> Any:
        return self.request("POST", path, **kwargs)

    def put(self, path: str, **kwargs: Any) -> Any:
        return self.request("PUT", path, **kwargs)

    def delete(self, path: str, **kwargs: Any) -> Any:
        return self.request("DELETE", path, **kwargs)
