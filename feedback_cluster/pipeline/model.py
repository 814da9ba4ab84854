"""The theme model: texts in, clusters out, and an answer within a millisecond for the next post."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClusterMixin
from sklearn.utils.validation import check_is_fitted
from threadpoolctl import threadpool_limits

from cocreate.text.lexicon import Lexicon
from cocreate.text.segment import content_words
from feedback_cluster.pipeline.areas import Area
from feedback_cluster.pipeline.arrays import REST, FloatArray, IntArray
from feedback_cluster.pipeline.births import find_birth
from feedback_cluster.pipeline.clusters import Decisions, SphericalKMeans
from feedback_cluster.pipeline.describe import Cluster, describe
from feedback_cluster.pipeline.features import Documents, TextFeatures
from feedback_cluster.pipeline.parallel import Workers
from feedback_cluster.pipeline.parameters import MOST_THEMES, Parameters, suggested_k
from feedback_cluster.pipeline.progress import Progress, in_silence
from feedback_cluster.pipeline.seeds import seeded_labels
from feedback_cluster.pipeline.tokens import cut_posts

USUAL_PROCESSES = 2
FORMAT = 1


@dataclass(frozen=True)
class Guidance:
    """What a fit was told: clusters of the last run, what people decided, words that found a cluster."""

    warm: IntArray | None
    decisions: Decisions
    seeds: Mapping[int, Sequence[str]]
    known: int
    grow: bool

    @property
    def named(self) -> int:
        """How many clusters have a number that somebody knows."""
        told = [self.decisions.labels, self.decisions.apart_labels, np.array(list(self.seeds), dtype=np.int64)]
        if self.warm is not None:
            told.append(self.warm)
        return max(self.known, 1 + max(int(labels.max(initial=REST)) for labels in told))

    def seeded(self, texts: Sequence[str]) -> "Guidance":
        """The same, with posts that say a seed word placed as if by a person who may be overruled by any other."""
        if not self.seeds:
            return self
        labels = seeded_labels(texts, self.seeds)
        labels[self.decisions.bound] = REST
        return replace(self, decisions=self.decisions.with_placed(labels))


class ThemeModel(ClusterMixin, BaseEstimator):  # type: ignore[misc]
    """Groups posts by what they are about.

    Learned: `labels_` (n_posts,), -1 for rest; `confidence_` (n_posts,) in 0..1, the cosine to the own (or, for rest,
    the nearest) centre; `clusters_` with label, keywords, size and quotes, also for clusters that came out empty;
    `areas_`, the level above them; `ask_`, rows in the order in which a person's answer about them would help most.
    Without warm or fixed labels clusters are numbered by falling size; with them the given numbers are kept.
    """

    def __init__(
        self,
        parameters: Parameters | None = None,
        *,
        lexicon: Lexicon | None = None,
        workers: Workers | None = None,  # processes or a cluster for cutting and projecting; None: two where it pays
    ) -> None:
        self.parameters = parameters
        self.lexicon = lexicon
        self.workers = workers

    def fit(
        self,
        texts: Sequence[str],
        y: object = None,
        *,
        warm: Sequence[int] | IntArray | None = None,
        fixed: tuple[Any, Any] | None = None,
        apart: tuple[Any, Any] | None = None,
        never: tuple[Any, Any] | None = None,
        seeds: Mapping[int, Sequence[str]] | None = None,
        known: int = 0,
        grow: bool = False,
        public: Any = None,
        documents: Documents | None = None,
        progress: Progress = in_silence,
    ) -> Self:
        """Learn the clusters of `texts`.

        warm: (n_posts,) clusters of the last run, -1 for none. fixed: (rows, clusters) that a person decided; it binds.
        apart: (rows, clusters) that a person ruled out. never: (rows, rows) that must not share a cluster.
        seeds: {cluster: words} that a person founded it with; posts that say them belong there unless a person decided
        otherwise. known: how many clusters have a number already, posts or not; these and those named by the others
        keep their numbers. With warm labels there are no further clusters but those born from many posts that fit
        nothing; `grow` adds clusters up to k.
        public: (n_posts,) booleans; the others take part in the grouping, but no word and no quote comes from them.
        documents: the texts cut already, as `content_words` cuts them.
        """
        given = None if warm is None else np.asarray(warm, dtype=np.int64)
        guidance = Guidance(given, Decisions.of(fixed, apart, never), seeds or {}, known, grow).seeded(texts)
        cut = documents
        if cut is None:
            cut = cut_posts(texts, self._vocabulary, workers=self._workers, progress=progress)
        # One thread: sums come in one order on every machine, and the other core stays with the pages.
        with threadpool_limits(limits=1):
            self._learn(texts, cut, guidance, public, progress)
        return self

    def predict(self, texts: Sequence[str]) -> tuple[IntArray, FloatArray]:
        """(labels, confidence) of texts that were not part of the run; about a millisecond for one."""
        check_is_fitted(self, "centres_")
        rows = self.features_.transform([content_words(text, self._vocabulary) for text in texts])
        labels, similarity = self._assigner().assign(rows)
        return labels, np.clip(similarity, 0, 1)

    def explain(self, text: str, cluster: int | None = None, top: int = 5) -> list[tuple[str, float]]:
        """The words of `text` that speak for the cluster (its own by default), strongest first.

        Each with its share of the cosine between text and centre; over all words the shares add up to it.
        """
        check_is_fitted(self, "centres_")
        counts = self.features_.count([content_words(text, self._vocabulary)])
        if not counts.nnz:
            return []
        if cluster is None:
            cluster = int((self.features_.project(counts) @ self.centres_.T).argmax())
        shares = self.features_.contributions(counts, self.centres_[cluster])
        names = self.features_.get_feature_names_out()
        told = sorted(zip(counts.indices, shares, strict=True), key=lambda pair: (-pair[1], pair[0]))
        return [(str(names[column]), float(share)) for column, share in told[:top]]

    def save(self, path: Path) -> None:
        """Write what `predict` and `explain` need as one .npz of arrays and JSON; nothing in it can run code."""
        check_is_fitted(self, "centres_")
        told = {
            "format": FORMAT,
            "parameters": self._parameters.as_dict(),
            "lexicon": self._vocabulary.fingerprint,
            "own_lexicon": self.lexicon.as_json() if self.lexicon is not None else None,
            "words": list(self.features_.vocabulary_),
            "clusters": [vars(cluster) for cluster in self.clusters_],
            "areas": [vars(area) for area in self.areas_],
        }
        features = self.features_
        with path.open("wb") as file:
            np.savez(
                file,
                told=np.frombuffer(json.dumps(told, ensure_ascii=False).encode(), dtype=np.uint8),
                centres=self.centres_,
                idf=features.idf_,
                sif=features.sif_,
                literal=features.literal_,
                meaning=features.meaning_,
            )

    @classmethod
    def load(cls, path: Path, *, lexicon: Lexicon | None = None) -> "ThemeModel":
        """The model that `save` wrote, with the lexicon it was fitted with. Raises ValueError for another format.

        A model fitted with the shipped lexicon reads with the one that ships now, or with `lexicon`.
        """
        with np.load(path, allow_pickle=False) as arrays:
            told = json.loads(arrays["told"].tobytes())
            if told.get("format") != FORMAT:
                raise ValueError(f"{path} holds a theme model of format {told.get('format')}, not {FORMAT}")
            own = told.get("own_lexicon")
            model = cls(Parameters.read(told["parameters"]), lexicon=Lexicon.from_json(own) if own else lexicon)
            parameters = model._parameters
            features = TextFeatures(
                parameters.dim, meaning_weight=parameters.meaning_weight, random_state=parameters.seed
            )
            features.vocabulary_ = {word: column for column, word in enumerate(told["words"])}
            features.idf_, features.sif_ = arrays["idf"], arrays["sif"]
            features.literal_ = np.ascontiguousarray(arrays["literal"])
            features.meaning_ = np.ascontiguousarray(arrays["meaning"])
            model.features_, model.centres_ = features, np.ascontiguousarray(arrays["centres"])
        model.lexicon_fingerprint_ = told["lexicon"]
        model.clusters_ = [Cluster.read(cluster) for cluster in told["clusters"]]
        model.areas_ = [Area.read(area) for area in told.get("areas", [])]
        return model

    @property
    def _parameters(self) -> Parameters:
        return self.parameters or Parameters()

    @property
    def _workers(self) -> Workers:
        return self.workers or Workers(USUAL_PROCESSES)

    @property
    def _vocabulary(self) -> Lexicon:
        """The lexicon of this run: what the brand told it to ignore says nothing."""
        base = self.lexicon or Lexicon.default()
        return base.ignoring(self._parameters.ignore)

    def _learn(
        self, texts: Sequence[str], documents: Documents, guidance: Guidance, public: Any, progress: Progress
    ) -> None:
        told = self._parameters
        progress("features", 0, 1)
        self.lexicon_fingerprint_ = self._vocabulary.fingerprint
        self.features_ = TextFeatures(told.dim, meaning_weight=told.meaning_weight, random_state=told.seed)
        rows = self.features_.fit_transform(documents, workers=self._workers)
        progress("features", 1, 1)
        self._group(rows, guidance, progress)
        self.ask_ = np.zeros(0, dtype=np.int64)
        if not guidance.named:
            self._number_by_size()
        described = describe(
            texts, documents, rows, self.labels_, self.confidence_, self.centres_,
            self.features_.counts_, self.features_.get_feature_names_out(), told, public=public, progress=progress,
        )  # fmt: skip
        self.clusters_, self.areas_ = described.clusters, described.areas
        del self.features_.counts_  # needed for the words only, and as large as the posts

    def _assigner(self, n_clusters: int | None = None) -> SphericalKMeans:
        told = self._parameters
        engine = SphericalKMeans(
            n_clusters or len(getattr(self, "centres_", ())),
            n_init=told.n_init,
            max_iter=told.max_iter,
            min_similarity=told.min_confidence,
            random_state=told.seed,
        )
        if n_clusters is None:
            engine.cluster_centers_ = self.centres_
        return engine

    def _group(self, rows: FloatArray, guidance: Guidance, progress: Progress) -> None:
        """Set centres_, labels_ and confidence_: k-means, then births until there is no evidence for another."""
        progress("cluster", 0, 1)
        decisions = guidance.decisions
        named = guidance.named
        warm = named > 0 and guidance.warm is not None and not guidance.grow
        k = named if warm else self._how_many(rows, named)
        engine = self._assigner(k)
        if warm:
            # Births come first: a new subject must not pull an old centre over to itself before it is seen.
            centres = self._give_birth(rows, engine.known_centres(rows, guidance.warm, decisions), decisions)
            engine.resume(rows, centres, decisions)
        else:
            engine.fit(rows, warm=guidance.warm, decisions=decisions)
        while len(centres := self._give_birth(rows, engine.cluster_centers_, decisions)) > len(engine.cluster_centers_):
            engine.resume(rows, centres, decisions)
        self.centres_, self.labels_ = engine.cluster_centers_, engine.labels_
        self.confidence_ = np.clip(engine.assign(rows, decisions)[1], 0, 1)
        self.n_iter_ = engine.n_iter_
        progress("cluster", 1, 1)

    def _give_birth(self, rows: FloatArray, centres: FloatArray, decisions: Decisions) -> FloatArray:
        """`centres` and those that many posts ask for; the same ones when k was given or there is no evidence."""
        told = self._parameters
        free = np.setdiff1d(np.arange(len(rows)), decisions.bound)
        while told.k is None and len(centres) < MOST_THEMES:
            labels, similarity = self._assigner(len(centres)).nearest(rows, centres, decisions)
            born = find_birth(rows, labels, similarity, free, seed=told.seed)
            if born is None:
                break
            centres = np.vstack([centres, born])
        return centres

    def _how_many(self, rows: FloatArray, least: int) -> int:
        different = len(np.unique(rows[np.any(rows, axis=1)], axis=0))
        wanted = self._parameters.k or suggested_k(different, self._parameters.granularity)
        return max(least, min(wanted, different))

    def _number_by_size(self) -> None:
        """Number the clusters by falling size and let empty ones go."""
        sizes = np.bincount(self.labels_[self.labels_ != REST], minlength=len(self.centres_))
        order = np.lexsort((np.arange(len(sizes)), -sizes))
        order = order[sizes[order] > 0]
        place = np.full(len(sizes) + 1, REST, dtype=np.int64)  # the last entry answers for the rest's -1
        place[order] = np.arange(len(order))
        self.labels_, self.centres_ = place[self.labels_], np.ascontiguousarray(self.centres_[order])
