"""Rules as JSON: read by anyone, with the verdict for a car if one is described; replaced as a whole by a token."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field
from sqlmodel import Session

from cocreate.core.actor import Actor
from cocreate.core.errors import NotFound
from cocreate.web.access import CurrentActor, Db, ReadDb, RowId, allow
from cocreate.web.refusals import FOR_TOKENS, refusals
from roadmap.applicability import editing
from roadmap.applicability.editing import RulesMoved, Subject
from roadmap.applicability.forms import EXAMPLE, LATEST, MOST_RULES, RuleForm
from roadmap.applicability.rules import Facts, Rule, Verdict, VerdictKind, by_release, judge
from roadmap.applicability.service import item_cases, release_target
from roadmap.boards.audience import reader_of
from roadmap.items.queries import get_item
from roadmap.releases.queries import get_release

router = APIRouter(prefix="/api/v1", tags=["roadmap"])
READ = [allow("roadmap.read")]
WRITE = [allow("roadmap.edit", scope="roadmap:write")]


class VerdictOut(BaseModel):
    """What it means for the car that was asked about. missing: facts that would have to be given first."""

    kind: VerdictKind
    version: str
    reason: str
    note: str
    missing: list[str]


class RulesOut(BaseModel):
    """The rules, read from the top; sign names exactly these, to be sent back when they are replaced."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "rules": [EXAMPLE], "sign": "9f2c1a7be01d44aa",
                "verdict": {
                    "kind": "retrofit", "version": "", "reason": "1200 元，含工时", "note": "", "missing": [],
                },
            }
        }
    )  # fmt: skip

    rules: list[RuleForm]
    sign: str
    verdict: VerdictOut | None


class RulesIn(BaseModel):
    model_config = ConfigDict(json_schema_extra={"example": {"rules": [EXAMPLE], "sign": "9f2c1a7be01d44aa"}})

    rules: Annotated[list[RuleForm], Field(max_length=MOST_RULES)]
    sign: str


class CarIn(BaseModel):
    """A car to be judged; without a model none is."""

    model: Annotated[str, Field(max_length=60)] = ""
    year: Annotated[int | None, Field(ge=1950, le=LATEST)] = None
    hardware: Annotated[str, Field(max_length=60)] = ""
    software: Annotated[str, Field(max_length=40)] = ""
    region: Annotated[str, Field(max_length=40)] = ""

    @property
    def facts(self) -> Facts:
        return Facts(self.model, self.year, self.hardware, self.software, self.region)


Asked = Annotated[CarIn, Query()]


@router.get("/roadmap/{item_id}/applicability", dependencies=READ, responses=refusals(NotFound))
def api_item_applicability(item_id: RowId, car: Asked, db: ReadDb, actor: CurrentActor) -> RulesOut:
    """Which cars get an item, and what it means for a car described by model, year, hardware, software and region."""
    item = get_item(db, item_id, reader_of(actor))
    case = item_cases(db, [item_id])[item_id]
    verdict = judge(car.facts, case.rules, case.target, case.named) if car.model else None
    return _out(db, item, verdict)


@router.get("/releases/{release_id}/applicability", dependencies=READ, responses=refusals(NotFound))
def api_release_applicability(release_id: RowId, car: Asked, db: ReadDb, actor: CurrentActor) -> RulesOut:
    """Which cars get a release, and what it means for a car described by model, year, hardware, software and region."""
    release = get_release(db, release_id, drafts=reader_of(actor).can("roadmap.edit"))
    verdict = by_release(car.facts, release_target(db, release_id)) if car.model else None
    return _out(db, release, verdict)


@router.put(
    "/roadmap/{item_id}/applicability",
    dependencies=WRITE,
    responses={**FOR_TOKENS, **refusals(NotFound), **refusals(RulesMoved)},
)
def api_save_item_applicability(item_id: RowId, sent: RulesIn, db: Db, actor: CurrentActor) -> RulesOut:
    """Replace the rules of an item; 409 when others stand there than those whose sign was sent."""
    return _save(db, get_item(db, item_id, actor), sent, actor)


@router.put(
    "/releases/{release_id}/applicability",
    dependencies=WRITE,
    responses={**FOR_TOKENS, **refusals(NotFound), **refusals(RulesMoved)},
)
def api_save_release_applicability(release_id: RowId, sent: RulesIn, db: Db, actor: CurrentActor) -> RulesOut:
    """Replace the rules of a release; 409 when others stand there than those whose sign was sent."""
    return _save(db, get_release(db, release_id, drafts=True), sent, actor)


def _save(db: Session, subject: Subject, sent: RulesIn, actor: Actor) -> RulesOut:
    editing.replace_rules(db, subject, [form.rule for form in sent.rules], seen=sent.sign, by=actor)
    return _out(db, subject, None)


def _out(db: Session, subject: Subject, verdict: Verdict | None) -> RulesOut:
    rules = editing.rules_for(db, subject)
    told = None
    if verdict is not None:
        told = VerdictOut(
            kind=verdict.kind, version=verdict.version, reason=verdict.reason, note=verdict.note,
            missing=list(verdict.missing),
        )  # fmt: skip
    return RulesOut(rules=[_form(rule) for rule in rules], sign=editing.sign(rules), verdict=told)


def _form(rule: Rule) -> RuleForm:
    # What is stored is shown, even if a later version of the house would no longer take it in.
    return RuleForm.model_construct(
        kind=rule.kind, models=list(rule.models), year_from=rule.year_from, year_to=rule.year_to,
        hardware=list(rule.hardware), software_from=rule.software_from, software_below=rule.software_below,
        regions=list(rule.regions), version=rule.version, text=rule.text,
    )  # fmt: skip
