"""One handler for every refusal and failure: JSON under /api, a flash fragment for htmx, else a whole page."""

import logging
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from sqlalchemy.exc import DataError, OperationalError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from cocreate.core.errors import (
    Conflict,
    Invalid,
    NotAllowed,
    NotFound,
    NotSignedIn,
    Refusal,
    TooLarge,
    TooMany,
    Unavailable,
)
from cocreate.core.text_marks import N_
from cocreate.web.page import Page
from cocreate.web.security import BodyHoldsNul, BodyTooLarge, dress

log = logging.getLogger("cocreate.web")


class Failed(Refusal):
    """Something broke on our side; the log has the rest."""

    status, code = 500, "failed"
    message = N_("Something broke on our side. It has been noted; nothing of yours was changed.")


class WrongMethod(Refusal):
    status, code = 405, "wrong_method"
    message = N_("This address does not take that kind of request.")


class HoldsNul(Invalid):
    code = "holds_nul"
    message = N_("What you sent holds a NUL character, which no text has. Please take it out.")


_BY_STATUS: dict[int, type[Refusal]] = {
    401: NotSignedIn, 403: NotAllowed, 404: NotFound, 405: WrongMethod, 409: Conflict, 413: TooLarge, 422: Invalid,
    429: TooMany, 503: Unavailable,
}  # fmt: skip


def install(app: FastAPI) -> None:
    """Register the handlers; features only raise."""
    app.add_exception_handler(DataError, _data)

    @app.exception_handler(Refusal)
    async def refused(request: Request, refusal: Refusal) -> Response:
        return answer(request, refusal)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> Response:
        return answer(request, _from_validation(error))

    @app.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> Response:
        return answer(request, _from_http(error))

    @app.exception_handler(BodyTooLarge)
    async def too_large(request: Request, _error: BodyTooLarge) -> Response:
        return answer(request, TooLarge())

    @app.exception_handler(BodyHoldsNul)
    async def holds_nul(request: Request, _error: BodyHoldsNul) -> Response:
        return answer(request, HoldsNul())

    @app.exception_handler(ClientDisconnect)
    async def gone(_request: Request, _error: ClientDisconnect) -> Response:
        # Whoever drove into a tunnel in the middle of sending is no failure of ours, and nobody reads the answer.
        return Response(status_code=400)

    @app.exception_handler(OperationalError)
    async def database(request: Request, error: OperationalError) -> Response:
        busy = "locked" in str(error.orig) or "busy" in str(error.orig)
        log.error("database: %s", error.orig, exc_info=None if busy else error)
        return answer(request, Unavailable(str(error.orig)))

    @app.exception_handler(Exception)
    async def failed(request: Request, error: Exception) -> Response:
        log.error("unhandled", exc_info=error)
        response = answer(request, Failed())
        # The framework answers what nobody expected outside of all walls.
        dress(response.headers, request.scope, https=request.app.state.runtime.settings.secure)
        return response


async def _data(request: Request, error: Exception) -> Response:
    # The walls look at bodies; what comes in an address, or spelled in a way that they do not know, ends here.
    words = str(getattr(error, "orig", ""))
    if "NUL" in words or "\\u0000" in words:
        return answer(request, HoldsNul())
    raise error


def _from_http(error: HTTPException) -> Refusal:
    # Where a handler takes plain fields, the framework wraps what went wrong while it read them.
    if isinstance(error.__cause__, BodyHoldsNul):
        return HoldsNul()
    if isinstance(error.__cause__, BodyTooLarge):
        return TooLarge()
    kind = _BY_STATUS.get(error.status_code, Invalid if error.status_code < 500 else Failed)
    return kind(str(error.detail))


def _from_validation(error: RequestValidationError) -> Refusal:
    problems = error.errors()
    if any(problem["loc"][0] == "path" for problem in problems):
        return NotFound("no row can have this id")
    fields = {".".join(str(part) for part in problem["loc"][1:]): str(problem["msg"]) for problem in problems}
    return Invalid("request does not fit", fields=fields)


def answer(request: Request, refusal: Refusal) -> Response:
    """Draw a refusal in the form that the client understands and in the reader's language."""
    path = request.url.path
    page = Page(request, request.app.state.renderer)
    headers = {"cache-control": "no-store"}
    if refusal.retry_after is not None:
        headers["retry-after"] = str(refusal.retry_after)
    if path.startswith("/api/") or path == "/openapi.json":
        return _as_json(page, refusal, headers)
    if isinstance(refusal, NotSignedIn) and request.method == "GET" and not page.partial:
        return page.redirect("sign_in", query={"next": path + (f"?{request.url.query}" if request.url.query else "")})
    if isinstance(refusal, NotSignedIn) and page.partial:
        return Response(
            status_code=200, headers={"HX-Redirect": page.url("sign_in", query={"next": _came_from(request)})}
        )
    if isinstance(refusal, NotSignedIn):
        return page.redirect("sign_in", query={"next": _came_from(request)})
    message = page.text(refusal.message, **refusal.params)
    response = page.render(
        "shell/error.html", block="notice", status=refusal.status, code=refusal.code, message=message,
        request_id=request.scope.get("state", {}).get("request_id", ""),
    )  # fmt: skip
    response.headers.update(headers)
    return response


def _as_json(page: Page, refusal: Refusal, headers: dict[str, str]) -> Response:
    message = page.text(refusal.message, **refusal.params)
    fields = {name: page.text(text) for name, text in refusal.fields.items()}
    body: dict[str, Any] = {"error": {"code": refusal.code, "message": message, "fields": fields}}
    return JSONResponse(body, refusal.status, headers)


def _came_from(request: Request) -> str:
    """Path of the page that a form was sent from, so that signing in leads back to it."""
    referer = request.headers.get("referer", "")
    host = request.headers.get("host", "")
    before, found, rest = referer.partition(f"://{host}")
    return rest if found and before in ("http", "https") and rest.startswith("/") else "/"
