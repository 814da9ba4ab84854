"""What roadmap tells whoever listens."""

from dataclasses import dataclass

from cocreate.core.events import Event


@dataclass(frozen=True)
class ItemStageChanged(Event):
    """An item reached a stage and a sentence for owners was written; `change_id` is the row that holds both."""

    item_id: int
    change_id: int
    stage: str
    occurrence: int


@dataclass(frozen=True)
class ItemLinked(Event):
    """An item was linked to a theme or a post, or the link was taken back."""

    item_id: int
