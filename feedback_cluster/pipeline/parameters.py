"""What a run may be told; the defaults are what a brand gets that tells nothing."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

FEWEST_THEMES, MOST_THEMES = 8, 40  # that a run finds by itself at normal granularity
MOST_BORN = 80  # themes in all until no further one is born from night to night
POSTS_PER_THEME = 4  # below that a cluster is a coincidence


@dataclass(frozen=True)
class Parameters:
    """Parameters of one clustering run; stored with it, so that it can be repeated."""

    k: int | None = None  # clusters wanted; None: `suggested_k`, and new ones are born when the evidence is large
    granularity: float = 1.0  # multiplies the suggested k: 0.5 coarse, 2.0 fine
    seed: int = 0
    dim: int = 100  # columns of each half of the features
    meaning_weight: float = 1.0  # of related meaning beside literal words
    n_init: int = 10
    max_iter: int = 300
    min_confidence: float = 0.12  # a post with a lower cosine to every theme is rest
    keywords: int = 8
    quotes: int = 5
    ignore: tuple[str, ...] = ()  # further words that say nothing here, such as the brand's own name and models

    def __post_init__(self) -> None:
        if self.k is not None and self.k < 1:
            raise ValueError("k must be at least 1")
        if self.granularity <= 0:
            raise ValueError("granularity must be above 0")
        if not 0 <= self.min_confidence < 1:
            raise ValueError("min_confidence must be in 0..1")
        if min(self.dim, self.n_init, self.max_iter, self.keywords) < 1 or self.quotes < 0:
            raise ValueError("dim, n_init, max_iter and keywords must be at least 1")
        object.__setattr__(self, "ignore", tuple(self.ignore))

    @classmethod
    def read(cls, given: Mapping[str, Any]) -> "Parameters":
        """Parameters from JSON; unknown names raise ValueError."""
        unknown = set(given) - {field.name for field in fields(cls)}
        if unknown:
            raise ValueError(f"unknown parameters: {', '.join(sorted(unknown))}")
        return cls(**given)

    def as_dict(self) -> dict[str, Any]:
        """The same as JSON-ready values."""
        return {**asdict(self), "ignore": list(self.ignore)}


def suggested_k(n_posts: int, granularity: float = 1.0) -> int:
    """How many clusters to make of `n_posts` different posts: 5 n^(1/4) within 8..40, at most one per four posts.

    About two or three for each theme a manager will keep, because merging small clean clusters is easier than
    splitting wrong large ones (500 posts: 24, 4,000 and more: 40). Posts multiply faster than subjects, hence the slow
    root. Granularity multiplies the number and its upper bound.
    """
    wanted = round(granularity * min(5 * math.sqrt(math.sqrt(n_posts)), MOST_THEMES))
    return max(1, min(max(wanted, FEWEST_THEMES), math.ceil(n_posts / POSTS_PER_THEME)))
