"""What the parts of a release are called."""

from cocreate.core.text_marks import N_
from roadmap.releases.models import NoteLabel, ReleaseState, RolloutKind

NOTE_LABELS = {
    NoteLabel.NEW: N_("New functions"),
    NoteLabel.BETTER: N_("Better than before"),
    NoteLabel.FIXED: N_("Fixed"),
}
STATE_LABELS = {
    ReleaseState.DRAFT: N_("Draft"),
    ReleaseState.PLANNED: N_("Planned"),
    ReleaseState.ROLLING: N_("Rolling out"),
    ReleaseState.PAUSED: N_("Paused"),
    ReleaseState.DONE: N_("With all cars"),
    ReleaseState.ROLLED_BACK: N_("Taken back"),
}
ROLLOUT_LABELS = {
    RolloutKind.STEP: N_("Reached"),
    RolloutKind.PAUSED: N_("Paused"),
    RolloutKind.RESUMED: N_("Goes on"),
    RolloutKind.ROLLED_BACK: N_("Taken back"),
    RolloutKind.WITHDRAWN: N_("No longer shown as released"),
}
