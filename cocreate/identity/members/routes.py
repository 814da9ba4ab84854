"""Becoming a member, one's own account, and leaving."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from cocreate.core.errors import NotAllowed
from cocreate.core.text_marks import N_
from cocreate.identity.limits import SIGN_UPS, address_key, limiter, sign_ins
from cocreate.identity.members import queries, service
from cocreate.identity.members.forms import AccountForm, LeaveForm, PasswordForm, SignUpForm
from cocreate.identity.members.models import Member
from cocreate.identity.sessions.routes import client_address, drop_cookie, sign_in_browser
from cocreate.web.access import CurrentActor, CurrentRuntime, Db, ReadDb, allow
from cocreate.web.forms import BoundForm, bind
from cocreate.web.i18n import COOKIE as LANGUAGE_COOKIE
from cocreate.web.page import CurrentPage, Page

router = APIRouter(include_in_schema=False)
PUBLIC = [allow("identity.sign_in")]
OWN = [allow("identity.own_account")]
BoundSignUp = Annotated[BoundForm[SignUpForm], Depends(bind(SignUpForm))]
BoundAccount = Annotated[BoundForm[AccountForm], Depends(bind(AccountForm))]
BoundPassword = Annotated[BoundForm[PasswordForm], Depends(bind(PasswordForm))]
BoundLeave = Annotated[BoundForm[LeaveForm], Depends(bind(LeaveForm))]
WRONG_CURRENT = N_("This is not your present password.")


class SignUpClosed(NotAllowed):
    code = "sign_up_closed"
    message = N_("Accounts are made by the team here. Ask them for a sign-in link.")


@router.get("/sign-up", dependencies=PUBLIC)
def sign_up(actor: CurrentActor, runtime: CurrentRuntime, page: CurrentPage, next: str = "/") -> Response:
    """The form for a new account."""
    if actor.signed_in:
        return page.redirect_to(next)
    if not runtime.settings.open_sign_up:
        raise SignUpClosed()
    return _sign_up_page(page, BoundForm.blank(next=next))


@router.post("/sign-up", dependencies=PUBLIC)
def create_account(request: Request, form: BoundSignUp, runtime: CurrentRuntime, db: Db, page: CurrentPage) -> Response:
    """Make an account and sign this browser in."""
    if not runtime.settings.open_sign_up:
        raise SignUpClosed()
    if form.value is None:
        return _sign_up_page(page, form, status=422)
    limiter(runtime).take(SIGN_UPS, [f"sign-up:{address_key(client_address(request))}"])
    if queries.find_by_email(db, form.value.email) is not None:
        return _sign_up_page(page, form.refuse("email", service.EmailTaken.message), status=422)
    password_hash = service.hash_password(form.value.password)
    member = service.add_member(db, name=form.value.name, email=form.value.email, password_hash=password_hash)
    page.flash(N_("Welcome, %(name)s. Your first sentence can be short."), level="success", name=member.name)
    return sign_in_browser(page.redirect_to(form.value.next), request, db, member.id or 0)


def _sign_up_page(page: Page, form: BoundForm[SignUpForm], *, status: int = 200) -> Response:
    next_path = str(form.values.get("next") or "/")
    return page.render("identity/sign_up.html", block="form", status=status, form=form, next=next_path)


@router.get("/account", dependencies=OWN)
def show_account(actor: CurrentActor, db: ReadDb, page: CurrentPage) -> Response:
    """What the member may change of the account."""
    return _account_page(page, queries.get_member(db, actor.member_id))


@router.post("/account", dependencies=OWN)
def change_account(form: BoundAccount, actor: CurrentActor, db: Db, page: CurrentPage) -> Response:
    """Another name or language."""
    member = queries.get_member(db, actor.member_id)
    if form.value is None:
        return _account_page(page, member, form=form, status=422)
    value = form.value
    service.change_account(
        db, member, name=value.name, language=value.language or None, named=value.named_in_releases
    )  # fmt: skip
    page.flash(N_("Saved."), level="success")
    answer = page.redirect("show_account")
    # The switch in the page head wins over the account: what is chosen here must not lose to an older choice there.
    answer.delete_cookie(LANGUAGE_COOKIE)
    return answer


@router.post("/account/password", dependencies=OWN)
def change_password(
    form: BoundPassword, actor: CurrentActor, runtime: CurrentRuntime, db: Db, page: CurrentPage
) -> Response:
    """A new password; every other browser is signed out."""
    member = queries.get_member(db, actor.member_id)
    if form.value is not None and not _knows_password(runtime, member, form.value.current):
        form = form.refuse("current", WRONG_CURRENT)
    if form.value is None:
        return _account_page(page, member, password_form=form, status=422, block="password_form")
    password_hash = service.hash_password(form.value.password)
    service.change_password(db, member, password_hash, session_id=actor.session_id)
    page.flash(N_("Your password is changed; all other browsers are signed out."), level="success")
    return page.redirect("show_account")


@router.get("/account/leave", dependencies=OWN)
def confirm_leaving(actor: CurrentActor, db: ReadDb, page: CurrentPage) -> Response:
    """What leaving means, and the button."""
    return _leave_page(page, queries.get_member(db, actor.member_id), None)


@router.post("/account/leave", dependencies=OWN)
def leave(form: BoundLeave, actor: CurrentActor, runtime: CurrentRuntime, db: Db, page: CurrentPage) -> Response:
    """Blank the account."""
    member = queries.get_member(db, actor.member_id)
    if form.value is not None and not _knows_password(runtime, member, form.value.current):
        form = form.refuse("current", WRONG_CURRENT)
    if form.value is None:
        return _leave_page(page, member, form, status=422)
    service.blank_member(db, member, by=actor)
    page.flash(N_("Your account is gone. Thank you for what you gave."))
    return drop_cookie(page.redirect("show_board"), page)


def _knows_password(runtime: CurrentRuntime, member: Member, typed: str) -> bool:
    """Whether this is the member's password; true for who came by link and has none. Tries are limited."""
    if member.password_hash is None:
        return True
    limits, tries, keys = limiter(runtime), sign_ins(runtime), [f"account:{member.email}"]
    limits.take(tries, keys)
    if not service.password_fits(typed, member.password_hash):
        return False
    limits.give_back(tries, keys)
    return True


def _account_page(
    page: Page,
    member: Member,
    *,
    form: BoundForm[AccountForm] | None = None,
    password_form: BoundForm[PasswordForm] | None = None,
    status: int = 200,
    block: str = "account_form",
) -> Response:
    shown = form or BoundForm.blank(
        name=member.name, language=member.language or "", named_in_releases="1" if member.named_in_releases else "0"
    )
    return page.render(
        "identity/account.html", block=block, status=status, form=shown, password_form=password_form,
        email=member.email, has_password=member.password_hash is not None,
    )  # fmt: skip


def _leave_page(page: Page, member: Member, form: BoundForm[LeaveForm] | None, *, status: int = 200) -> Response:
    has_password = member.password_hash is not None
    return page.render("identity/leave.html", block="form", status=status, form=form, has_password=has_password)
