"""Signing in and out: with a password, with a one-tap link, and the list of browsers that are signed in."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response

from cocreate.core.text_marks import N_
from cocreate.identity import demo
from cocreate.identity.limits import address_key, limiter, sign_ins
from cocreate.identity.members.service import find_by_password, normal_email
from cocreate.identity.sessions import service
from cocreate.identity.sessions.devices import device
from cocreate.identity.sessions.forms import SignInForm
from cocreate.web.access import CurrentActor, CurrentRuntime, Db, ReadDb, RowId, allow
from cocreate.web.forms import BoundForm, bind
from cocreate.web.page import CurrentPage, Page

router = APIRouter(include_in_schema=False)
PUBLIC = [allow("identity.sign_in")]
OWN = [allow("identity.own_account")]
BoundSignIn = Annotated[BoundForm[SignInForm], Depends(bind(SignInForm))]
WRONG = N_("Address and password do not belong together. Check both, or ask the team for a sign-in link.")


def sign_in_browser(answer: Response, request: Request, db: Db, member_id: int) -> Response:
    """Give the browser a new session of this member; the one it may have had is over."""
    page = Page(request, request.app.state.renderer)
    settings = page.renderer.runtime.settings
    if page.actor.signed_in and page.actor.session_id is not None:
        service.revoke_sessions(db, page.actor.member_id, only=page.actor.session_id)
    token = service.begin_session(
        db, member_id, user_agent=request.headers.get("user-agent", ""), address=client_address(request)
    )
    answer.set_cookie(
        service.cookie_name(settings.secure), token, max_age=int(service.LONGEST.total_seconds()),
        path="/", secure=settings.secure, httponly=True, samesite="lax",
    )  # fmt: skip
    return answer


def drop_cookie(answer: Response, page: Page) -> Response:
    """Make the browser forget its session."""
    secure = page.renderer.runtime.settings.secure
    answer.delete_cookie(service.cookie_name(secure), path="/", secure=secure, httponly=True, samesite="lax")
    return answer


def client_address(request: Request) -> str:
    return request.client.host if request.client else ""


@router.get("/sign-in", dependencies=PUBLIC)
def sign_in(request: Request, actor: CurrentActor, page: CurrentPage, next: str = "/") -> Response:
    """The form; whoever is signed in already goes on."""
    if actor.signed_in:
        return page.redirect_to(next)
    return _sign_in_page(page, request, BoundForm.blank(next=next))


@router.post("/sign-in", dependencies=PUBLIC)
def enter(request: Request, form: BoundSignIn, runtime: CurrentRuntime, db: Db, page: CurrentPage) -> Response:
    """Sign in with address and password."""
    if form.value is None:
        return _sign_in_page(page, request, form, status=422)
    limits, tries = limiter(runtime), sign_ins(runtime)
    keys = [f"account:{normal_email(form.value.email)}", address_key(client_address(request))]
    limits.take(tries, keys)
    member = find_by_password(db, form.value.email, form.value.password)
    if member is None:
        return _sign_in_page(page, request, form.refuse("", WRONG), status=422)
    limits.give_back(tries, keys)
    return sign_in_browser(page.redirect_to(form.value.next), request, db, member.id or 0)


@router.post("/sign-out", dependencies=PUBLIC)
def sign_out(actor: CurrentActor, db: Db, page: CurrentPage) -> Response:
    """End this browser's session; other browsers stay signed in."""
    if actor.signed_in and actor.session_id is not None:
        service.revoke_sessions(db, actor.member_id, only=actor.session_id)
    return drop_cookie(page.redirect("show_board"), page)


@router.get("/in/{token}", dependencies=PUBLIC)
def show_link(token: str, page: CurrentPage, next: str = "/") -> Response:
    """A page with one button: programs that preview links must not use them up."""
    answer = page.render("identity/link.html", token=token, next=next)
    answer.headers["x-robots-tag"] = "noindex"
    return answer


@router.post("/in/{token}", dependencies=PUBLIC)
def use_link(token: str, request: Request, db: Db, page: CurrentPage, next: Annotated[str, Form()] = "/") -> Response:
    """Sign in by link."""
    member_id = service.use_link(db, token)
    return sign_in_browser(page.redirect_to(next), request, db, member_id)


@router.get("/account/sessions", dependencies=OWN)
def show_sessions(actor: CurrentActor, db: ReadDb, page: CurrentPage) -> Response:
    """Where the member is signed in."""
    rows = [(row, device(row.user_agent)) for row in service.open_sessions(db, actor.member_id)]
    return page.render("identity/sessions.html", rows=rows)


@router.post("/account/sessions/{session_id}/end", dependencies=OWN)
def end_session(session_id: RowId, actor: CurrentActor, db: Db, page: CurrentPage) -> Response:
    """Sign one browser out."""
    if service.revoke_sessions(db, actor.member_id, only=session_id):
        page.flash(N_("That browser is signed out."), level="success")
    if session_id == actor.session_id:
        return drop_cookie(page.redirect("sign_in"), page)
    return page.redirect("show_sessions")


@router.post("/account/sessions/end-others", dependencies=OWN)
def end_other_sessions(actor: CurrentActor, db: Db, page: CurrentPage) -> Response:
    """Sign every browser out but this one."""
    service.revoke_sessions(db, actor.member_id, but=actor.session_id)
    page.flash(N_("All other browsers are signed out."), level="success")
    return page.redirect("show_sessions")


def _sign_in_page(page: Page, request: Request, form: BoundForm[SignInForm], *, status: int = 200) -> Response:
    runtime = page.renderer.runtime
    local = demo.is_local(client_address(request), request.url.hostname or "")
    return page.render(
        "identity/sign_in.html", block="form", status=status, form=form,
        next=str(form.values.get("next") or "/"), open_sign_up=runtime.settings.open_sign_up,
        personas=demo.personas(runtime.settings) if local else [],
    )  # fmt: skip
