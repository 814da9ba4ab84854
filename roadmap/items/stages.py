"""The one table that says what a stage means: its label, its column on the board, and the status of its posts."""

from cocreate.core.text_marks import N_
from forum.api import PostStatus
from roadmap.items.models import ItemStage, ItemStatus

STATUS_OF: dict[ItemStage, ItemStatus] = {
    ItemStage.RECEIVED: ItemStatus.CONSIDERING,
    ItemStage.STUDIED: ItemStatus.CONSIDERING,
    ItemStage.DECIDED: ItemStatus.PLANNED,
    ItemStage.BUILT: ItemStatus.STARTED,
    ItemStage.PILOT: ItemStatus.STARTED,
    ItemStage.ROLLING_OUT: ItemStatus.SHIPPED,
    ItemStage.ARRIVED: ItemStatus.SHIPPED,
    ItemStage.VERIFIED: ItemStatus.SHIPPED,
    ItemStage.DECLINED: ItemStatus.DECLINED,
}
STAGES_OF: dict[ItemStatus, tuple[ItemStage, ...]] = {
    status: tuple(stage for stage in ItemStage if STATUS_OF[stage] is status) for status in ItemStatus
}
"""The stages that a status stands for, the first one being where an item enters it."""
TRACK: tuple[ItemStage, ...] = tuple(stage for stage in ItemStage if stage is not ItemStage.DECLINED)
"""The steps that owners see side by side, in order."""

POST_STATUS: dict[ItemStatus, PostStatus] = {
    ItemStatus.CONSIDERING: PostStatus.REVIEWING,
    ItemStatus.PLANNED: PostStatus.PLANNED,
    ItemStatus.STARTED: PostStatus.STARTED,
    ItemStatus.SHIPPED: PostStatus.SHIPPED,
    ItemStatus.DECLINED: PostStatus.DECLINED,
}
FURTHEST = (ItemStatus.DECLINED, ItemStatus.CONSIDERING, ItemStatus.PLANNED, ItemStatus.STARTED, ItemStatus.SHIPPED)
"""A post behind several items follows the one that is furthest along; a refusal counts only where nothing else does."""

STATUS_LABELS: dict[ItemStatus, str] = {
    ItemStatus.CONSIDERING: N_("Considering"),
    ItemStatus.PLANNED: N_("Planned"),
    ItemStatus.STARTED: N_("In progress"),
    ItemStatus.SHIPPED: N_("Shipped"),
    ItemStatus.DECLINED: N_("Not for now"),
}
STAGE_LABELS: dict[ItemStage, str] = {
    ItemStage.RECEIVED: N_("Received"),
    ItemStage.STUDIED: N_("Studied"),
    ItemStage.DECIDED: N_("Decided"),
    ItemStage.BUILT: N_("Being built"),
    ItemStage.PILOT: N_("Pilot"),
    ItemStage.ROLLING_OUT: N_("Rolling out"),
    ItemStage.ARRIVED: N_("In your car"),
    ItemStage.VERIFIED: N_("Confirmed"),
    ItemStage.DECLINED: N_("Declined"),
}
STAGE_NEWS: dict[ItemStage, str] = {
    ItemStage.RECEIVED: N_("has been received"),
    ItemStage.STUDIED: N_("is being studied"),
    ItemStage.DECIDED: N_("has been decided"),
    ItemStage.BUILT: N_("is being built"),
    ItemStage.PILOT: N_("is in its pilot"),
    ItemStage.ROLLING_OUT: N_("is rolling out"),
    ItemStage.ARRIVED: N_("has reached the cars"),
    ItemStage.VERIFIED: N_("has been verified by owners"),
    ItemStage.DECLINED: N_("will not be done for now"),
}
"""What a message says has happened, after the item's name."""


def further(one: ItemStatus, other: ItemStatus) -> bool:
    """Whether `one` is further along than `other`."""
    return FURTHEST.index(one) > FURTHEST.index(other)
