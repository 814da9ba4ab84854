"""Tables that only grow: UPDATE and DELETE are refused by trigger, on both databases.

Revision 0002, follows 0001.
"""

from cocreate.migrations.operations import drop_append_only, make_append_only

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TABLES = (
    "audit_entry",
    "status_change",
    "theme_decision",
    "item_change",
    "release_rollout",
    "radar_act",
    "dossier",
    "run_decision",
    "score_weights",
    "clock_step",
    "delivery_step",
    "point_entry",
    "promise_event",
    "announcement_event",
)


def upgrade() -> None:
    make_append_only(*TABLES)


def downgrade() -> None:
    drop_append_only(*TABLES)
