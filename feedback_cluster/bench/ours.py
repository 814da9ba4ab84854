"""Our own default, as every row of the bench asks it: only k, the seed and stated decisions may differ."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from cocreate.text.segment import content_words
from feedback_cluster.pipeline.model import ThemeModel
from feedback_cluster.pipeline.parameters import Parameters


def fitted(texts: Sequence[str], *, k: int | None = None, seed: int = 0, **told: Any) -> ThemeModel:
    """A model with the committed defaults over these texts; told: what `fit` takes beside them."""
    return ThemeModel(Parameters(k=k, seed=seed)).fit(list(texts), **told)


@lru_cache(maxsize=16)
def at(texts: tuple[str, ...], k: int | None, seed: int) -> ThemeModel:
    """`fitted` without decisions, once for all rows that ask for it."""
    return fitted(texts, k=k, seed=seed)


@lru_cache(maxsize=4)
def tokens(texts: tuple[str, ...]) -> list[list[str]]:
    """The texts as the words that our model and every peer get."""
    return [content_words(text) for text in texts]
