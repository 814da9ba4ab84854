"""One message of a waiting step as its reader will see it, in each language."""

from sqlmodel import Session

from cocreate.notify.inbox.views import Wording, worded
from cocreate.web.page import Page
from forum.api import Supporters
from roadmap.items import notices
from roadmap.items.models import ItemChange
from roadmap.links.supporters import Addressed
from roadmap.publishing.preview import Waiting


def samples(page: Page, session: Session, waiting: Waiting, who: Addressed, behind: Supporters) -> dict[str, Wording]:
    """By language the message to the first who wrote, or else to the first who hears of it; empty when nobody does."""
    member = min(who.wrote or who.voted or who.follows, default=None)
    if member is None:
        return {}
    row = waiting.row
    change = ItemChange(item_id=row.item_id, stage=row.stage, sentence=row.sentence, release_id=row.release_id)
    step = notices.Step(row.item_id, "sample", notices.wording(waiting.item, change))
    groups = notices.by_reason(session, behind, [member], step)
    notice, params = next((notice, params[member]) for notice, params in groups.items() if member in params)
    if row.release_id != waiting.item.release_id:
        # The words about the car come from the release that the item is aimed at now.
        params.pop("aside", None)
    renderer = page.renderer
    return {
        language: worded(renderer.runtime.notices, translator, notice, params)
        for language, translator in renderer.translators.items()
    }
