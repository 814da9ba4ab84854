"""Four eyes: what is said to many people at once is read by a second person before it leaves."""

from sqlmodel import Session

from cocreate.core.actor import Actor
from cocreate.core.errors import Conflict
from cocreate.core.runtime import runtime_of
from cocreate.core.text_marks import N_


class SamePerson(Conflict):
    code = "same_person"
    message = N_("Whoever prepared it cannot approve it as well. Please ask a colleague.")


class ApprovalMissing(Conflict):
    code = "approval_missing"
    message = N_("So many people will read this that a second person must approve it first.")


def needs_second(session: Session, people: int) -> bool:
    """Whether so many people are addressed that a second person must approve."""
    runtime = runtime_of(session)
    return runtime is None or people > runtime.settings.approval_above


def check_second(preparer_id: int | None, approver: Actor) -> None:
    """SamePerson when the approver is the one who prepared; an approver is always somebody who is signed in."""
    if approver.id is None or approver.id == preparer_id:
        raise SamePerson(f"member {approver.id} approves what member {preparer_id} prepared")
