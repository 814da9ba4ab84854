"""What a run says about its clusters: words, name, quotes and the area of each."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from feedback_cluster.pipeline.areas import Area, group_centres
from feedback_cluster.pipeline.arrays import REST, Counts, FloatArray, IntArray
from feedback_cluster.pipeline.labels import class_tf_idf, keywords, name_of, quotes
from feedback_cluster.pipeline.parameters import Parameters
from feedback_cluster.pipeline.progress import Progress, in_silence


@dataclass(frozen=True)
class Cluster:
    """What one cluster shows: quotes and dissent are rows of the fitted texts, quotes best first; -1: in no area."""

    number: int
    label: str
    keywords: tuple[str, ...]
    size: int
    quotes: tuple[int, ...]
    dissent: int | None = None
    area: int = REST

    @classmethod
    def read(cls, told: dict[str, Any]) -> "Cluster":
        """The cluster that was written with `vars`."""
        lists = {"keywords": tuple(told["keywords"]), "quotes": tuple(told["quotes"])}
        return cls(**{**told, **lists})


@dataclass(frozen=True)
class Described:
    """Clusters by number, areas by falling size."""

    clusters: list[Cluster]
    areas: list[Area]


def describe(
    texts: Sequence[str],
    documents: Sequence[Sequence[str]],
    rows: FloatArray,
    labels: IntArray,
    confidence: FloatArray,
    centres: FloatArray,
    counts: Counts,
    names: Sequence[str],
    told: Parameters,
    *,
    public: Any = None,
    progress: Progress = in_silence,
) -> Described:
    """Words, name, quotes and area of each of the (k, d) `centres`.

    rows, labels, confidence, counts: as the fit left them, a row a post; names: the words of the columns of counts.
    public: (n_posts,) booleans; words and quotes come from these posts alone, from all when it is None.
    """
    shown = labels if public is None else np.where(np.asarray(public, dtype=bool), labels, REST)
    present = np.unique(shown[shown != REST])
    marks: dict[int, list[str]] = {}
    if len(present):
        found = keywords(class_tf_idf(counts, shown), names, told.keywords)
        marks = dict(zip((int(number) for number in present), found, strict=True))
    sizes = np.bincount(labels[labels != REST], minlength=len(centres)).tolist()
    groups = group_centres(centres, sizes)
    area_of = {place: number for number, group in enumerate(groups) for place in group}
    clusters: list[Cluster] = []
    for number in range(len(centres)):
        progress("label", number, len(centres))
        members: list[int] = np.flatnonzero(shown == number).tolist()
        own = [texts[row] for row in members]
        chosen = quotes(rows[members], centres[number], own, told.quotes)
        words = marks.get(number, [])
        label = name_of(words, [documents[row] for row in members], own[chosen[0]] if chosen else "")
        picked = tuple(members[place] for place in chosen)
        area = area_of.get(number, REST)
        clusters.append(Cluster(number, label, tuple(words), sizes[number], picked, area=area))
    progress("label", len(centres), len(centres))
    areas = [
        Area(
            number,
            "、".join(clusters[place].keywords[0] for place in group[:2] if clusters[place].keywords),
            tuple(group),
        )
        for number, group in enumerate(groups)
    ]
    return Described(clusters, areas)
