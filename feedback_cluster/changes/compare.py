"""Two assignments of the same voices compared: what happens to each theme. Pure arithmetic over counted flows."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from feedback_cluster.changes.models import ChangeKind

NOWHERE = 0
"""Stands for "in no theme" in a flow."""
MOST = 0.5
"""Share of a theme's voices that must come from, or go to, one theme for a split or a merge."""
SAMPLE = 2_000
"""Members of a candidate that are remembered."""


@dataclass(frozen=True)
class Flow:
    """So many voices that were under `old` and would be under `new`. fresh: they came after the run before."""

    old: int
    new: int
    fresh: bool
    count: int


@dataclass
class Draft:
    """A change of one theme, not stored yet. other: where it comes from or goes to."""

    kind: ChangeKind
    theme_id: int
    before: int
    after: int
    fresh: int
    joined: int
    left: int
    other: int | None = None
    flows: list[list[int]] = field(default_factory=list)

    @property
    def moves(self) -> int:
        """How many voices known before it concerns."""
        return self.joined + self.left

    @property
    def quiet(self) -> bool:
        """Whether only new voices came."""
        return self.kind is ChangeKind.GREW and not self.moves


@dataclass
class _Tally:
    before: int = 0
    after: int = 0
    fresh: int = 0
    came: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    went: dict[int, int] = field(default_factory=lambda: defaultdict(int))


def differences(flows: Iterable[Flow], born: set[int]) -> list[Draft]:
    """One change for each theme with another set of voices; births first, then by how many voices move.

    born: themes that no run before had. A theme is split off when most of its known voices come from one theme, and
    merged when all its voices leave and most of them go to one.
    """
    tallies = _tally(flows)
    drafts = [
        draft
        for theme_id, tally in tallies.items()
        if theme_id != NOWHERE and (draft := _draft(theme_id, tally, theme_id in born)) is not None
    ]
    return sorted(drafts, key=lambda one: (_rank(one.kind), -one.moves, -one.fresh, one.theme_id))


def _rank(kind: ChangeKind) -> int:
    """Births, splits, merges and ends by kind; whatever else happens to a theme that stays, alike."""
    order = [ChangeKind.BORN, ChangeKind.SPLIT, ChangeKind.MERGED, ChangeKind.GONE]
    return order.index(kind) if kind in order else len(order)


def totals(flows: Iterable[Flow]) -> tuple[int, int]:
    """(voices known before, those of them that would change their theme)."""
    known = moved = 0
    for flow in flows:
        if not flow.fresh:
            known += flow.count
            moved += flow.count if flow.old != flow.new else 0
    return known, moved


def _tally(flows: Iterable[Flow]) -> dict[int, _Tally]:
    tallies: dict[int, _Tally] = defaultdict(_Tally)
    for flow in flows:
        tallies[flow.new].after += flow.count
        if flow.fresh:
            tallies[flow.new].fresh += flow.count
            continue
        tallies[flow.old].before += flow.count
        if flow.old != flow.new:
            tallies[flow.old].went[flow.new] += flow.count
            tallies[flow.new].came[flow.old] += flow.count
    return tallies


def _draft(theme_id: int, tally: _Tally, is_new: bool) -> Draft | None:
    joined, left = sum(tally.came.values()), sum(tally.went.values())
    if not (joined or left or tally.fresh):
        return None
    flows = [[old, theme_id, count] for old, count in sorted(tally.came.items())]
    flows += [[theme_id, new, count] for new, count in sorted(tally.went.items())]
    draft = Draft(ChangeKind.GREW, theme_id, tally.before, tally.after, tally.fresh, joined, left, flows=flows)
    if is_new:
        draft.other = _main(tally.came, tally.after)
        draft.kind = ChangeKind.SPLIT if draft.other else ChangeKind.BORN
    elif tally.before and not tally.after:
        draft.other = _main(tally.went, tally.before)
        draft.kind = ChangeKind.MERGED if draft.other else ChangeKind.GONE
    elif tally.after < tally.before:
        draft.kind = ChangeKind.SHRANK
    elif tally.after == tally.before:
        draft.kind = ChangeKind.SHIFTED
    return draft


def _main(counts: dict[int, int], whole: int) -> int | None:
    """The theme that holds most of `whole`; None when none does, or when it is no theme at all."""
    best = max(counts, key=lambda theme_id: (counts[theme_id], -theme_id), default=NOWHERE)
    return best if best != NOWHERE and counts[best] >= MOST * whole else None


def sample(post_ids: Iterable[int]) -> list[int]:
    """At most SAMPLE of these posts, chosen by a fixed order, so that two samples can be compared."""
    return sorted(set(post_ids), key=_place)[:SAMPLE]


def likeness(one: Sequence[int], other: Sequence[int]) -> float:
    """Jaccard index of two sets of posts, exact up to SAMPLE members, estimated from their samples above.

    Source: bottom-k sketches, Broder 1997, "On the resemblance and containment of documents".
    """
    union = sorted({*one, *other}, key=_place)[:SAMPLE]
    both = {*one} & {*other}
    return sum(post_id in both for post_id in union) / len(union) if union else 0.0


def _place(post_id: int) -> tuple[int, int]:
    return (post_id * 2_654_435_761 % 2**32, post_id)
