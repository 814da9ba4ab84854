"""What the roadmap gives points for."""

from cocreate.core.text_marks import N_
from cocreate.points.rules import PointsRule

SHIPPED = PointsRule(
    "roadmap.shipped",
    N_("Your part in something that shipped"),
    300,
    months=36,
    route="show_item",
    param="item_id",
    shared=True,
)
"""The amount is what one item brings, shared by `formula.share_out`; never a cap, so that the shares sum up to it."""
ANSWERED = PointsRule(
    "roadmap.answered", N_("An answer to “did it fix it?”"), 3, day_cap=9, route="show_item", param="item_id"
)
RULES = [SHIPPED, ANSWERED]
