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


@dataclass(frozen=True)
class CarReceived(Event):
    """A car is known to have a release; told once per car and release, to those who listen for its owner."""

    vehicle_id: int
    member_id: int
    release_id: int
