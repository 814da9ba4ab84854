"""Builds the web application from a runtime: routers, walls, handlers, static files, operations."""

import logging
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

from fastapi import APIRouter, FastAPI, Form, Request
from fastapi.responses import JSONResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from cocreate.core import clock, schema
from cocreate.core import doctor as core_doctor
from cocreate.core.actor import EVERYONE
from cocreate.core.errors import Invalid
from cocreate.core.module import Module
from cocreate.core.runtime import Runtime, load_routers
from cocreate.web import brand, failures
from cocreate.web import doctor as web_doctor
from cocreate.web.access import CurrentRuntime, ReadDb, allow
from cocreate.web.guest_cache import GuestCache
from cocreate.web.i18n import COOKIE as LANGUAGE_COOKIE
from cocreate.web.i18n import LANGUAGES
from cocreate.web.page import SCHEME_COOKIE, SCHEMES, STATIC, Addresses, CurrentPage, Renderer
from cocreate.web.refusals import refusals
from cocreate.web.security import Walls

log = logging.getLogger("cocreate.web")
TURN_SECONDS = 0.0005
"""How long a thread computes before another has its turn, where pages and worker share a process."""


class HashedFiles(StaticFiles):
    """Static files; an address that carries a hash may be kept for ever."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        answer = await super().get_response(path, scope)
        hashed = scope.get("query_string", b"").startswith(b"v=")
        answer.headers["cache-control"] = "public, max-age=31536000, immutable" if hashed else "public, max-age=300"
        return answer


def create_app(runtime: Runtime, *, worker: bool = False) -> FastAPI:
    """The ASGI application. `worker`: also drain the outbox in threads of this process, while it serves."""
    # With the queue come clients of Redis and PostgreSQL, which most commands need as little as the routes below.
    from cocreate.core.jobs import Worker

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        threading.Thread(target=app.state.renderer.warm, name="warm-templates", daemon=True).start()
        over = threading.Event()
        beside = [
            threading.Thread(target=run, args=(runtime, over), name=f"{module.name}-beside", daemon=True)
            for module in runtime.modules
            for run in module.beside_pages
        ]
        for thread in beside:
            thread.start()
        # Without a worker in this process it still wakes the others after each commit.
        background = Worker(runtime, sole=runtime.database.is_sqlite)
        app.state.worker = background
        if worker:
            # A page asks the database a dozen times and waits for its turn after each answer: while threads of the
            # worker compute, turns of 5 ms made p95 of such a page nine times what turns of half a millisecond do.
            sys.setswitchinterval(TURN_SECONDS)
            background.start()
        try:
            yield
        finally:
            over.set()
            background.stop()
            for thread in beside:
                thread.join(timeout=5)
            runtime.close()

    settings = runtime.settings
    app = FastAPI(
        title=settings.brand_name,
        summary="Owner co-creation forum and feedback-to-roadmap pipeline",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        generate_unique_id_function=lambda route: route.name,
        responses=refusals(Invalid),
    )
    app.state.runtime = runtime
    for router in load_routers(runtime.modules):
        _add(app, router)
    _operations(app)
    app.mount("/static", HashedFiles(directory=STATIC), name="static")
    app.state.renderer = Renderer(runtime, Addresses(app))
    failures.install(app)
    app.add_middleware(GuestCache, seconds=settings.guest_cache_seconds)
    app.add_middleware(
        Walls,
        max_body=settings.max_body_bytes,
        large_paths={"/imports": settings.max_import_bytes},
        https=settings.secure,
    )
    if not settings.secure and not settings.demo and settings.host not in ("127.0.0.1", "localhost", "::1"):
        log.warning("serving plain http beyond this machine: cookies cannot be Secure; set COCREATE_URL to https://…")
    return app


def _add(app: FastAPI, router: APIRouter) -> None:
    """Pages as they are, JSON with what the application says of all of it.

    An included route is made a second time, half a second for all pages, and looked up in two steps for each request.
    """
    if router.include_in_schema:
        app.include_router(router)
    else:
        app.router.routes.extend(router.routes)


KERNEL = Module(name="kernel", policies={"kernel.public": EVERYONE}, doctor=[*core_doctor.CHECKS, *web_doctor.CHECKS])


def _operations(app: FastAPI) -> None:
    @app.get("/healthz", include_in_schema=False, dependencies=[allow("kernel.public")])
    async def healthz() -> dict[str, str]:
        """The process answers."""
        return {"status": "ok"}

    @app.get("/readyz", include_in_schema=False, dependencies=[allow("kernel.public")])
    def readyz(db: ReadDb, runtime: CurrentRuntime) -> JSONResponse:
        """The database answers and its migrations are those of this program."""
        current, expected = schema.revisions(db)
        ready = current == expected
        return JSONResponse({"status": "ok" if ready else "migrations pending"}, 200 if ready else 503)

    @app.get("/brand.css", include_in_schema=False, dependencies=[allow("kernel.public")])
    async def brand_css(request: Request) -> Response:
        css = brand.of(request.app.state.runtime.settings).css
        return Response(css, media_type="text/css", headers={"cache-control": "public, max-age=31536000, immutable"})

    @app.get("/design", include_in_schema=False, dependencies=[allow("kernel.public")])
    def show_design(page: CurrentPage) -> Response:
        return page.render("shell/design.html", now=clock.now())

    @app.post("/language", include_in_schema=False, dependencies=[allow("kernel.public")])
    def set_language(
        page: CurrentPage, language: Annotated[str, Form()] = "", next: Annotated[str, Form()] = "/"
    ) -> Response:
        return _choose(page, LANGUAGE_COOKIE, language, tuple(LANGUAGES), next)

    @app.post("/scheme", include_in_schema=False, dependencies=[allow("kernel.public")])
    def set_scheme(
        page: CurrentPage, scheme: Annotated[str, Form()] = "", next: Annotated[str, Form()] = "/"
    ) -> Response:
        return _choose(page, SCHEME_COOKIE, scheme, SCHEMES, next)


def _choose(page: Any, cookie: str, value: str, allowed: tuple[str, ...], next_path: str) -> Response:
    answer: Response = page.redirect_to(next_path)
    if value in allowed:
        answer.set_cookie(cookie, value, max_age=31_536_000, samesite="lax", httponly=True)
    return answer
