"""The theme model: texts in, clusters out, and an answer within a millisecond for the next post."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClusterMixin
from sklearn.utils.validation import check_is_fitted
from threadpoolctl import threadpool_limits

from cocreate.text.lexicon import Lexicon
from cocreate.text.segment import content_words
from feedback_cluster.pipeline.areas import Area
from feedback_cluster.pipeline.arrays import REST, FloatArray, IntArray, unit_rows
from feedback_cluster.pipeline.ask import posts_to_ask
from feedback_cluster.pipeline.clusters import Decisions, similarities
from feedback_cluster.pipeline.describe import Cluster, describe
from feedback_cluster.pipeline.features import Documents, TextFeatures
from feedback_cluster.pipeline.grouping import Guidance, group
from feedback_cluster.pipeline.parallel import Workers
from feedback_cluster.pipeline.parameters import Parameters
from feedback_cluster.pipeline.progress import Progress, in_silence
from feedback_cluster.pipeline.refine import WordJudge
from feedback_cluster.pipeline.tokens import cut_posts

USUAL_PROCESSES = 2
FORMAT = 2


class ThemeModel(ClusterMixin, BaseEstimator):  # type: ignore[misc]
    """Groups posts by what they are about.

    Learned: `labels_` (n_posts,), -1 for rest; `confidence_` (n_posts,), how likely the own cluster is (for rest, the
    likeliest) by the words of the post, 1 where a person decided; `clusters_` with label, keywords, size and quotes,
    also for clusters that came out empty; `areas_`, the level above them; `ask_`, rows in the order in which a
    person's answer about them would help most.
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
        called: Mapping[int, str] | None = None,
        documents: Documents | None = None,
        extra: FloatArray | None = None,
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
        called: {cluster: label} of the last run; a label stays as long as it is said and none is clearly better.
        documents: the texts cut already, as `content_words` cuts them. extra: (n_posts, …) unit rows of a sentence
        encoder, which stand beside our own and as heavy; `predict` does without them.
        """
        given = None if warm is None else np.asarray(warm, dtype=np.int64)
        answers = Decisions.of(fixed, apart, never)
        guidance = Guidance(given, answers, answers, seeds or {}, known, grow).seeded(texts)
        cut = documents
        if cut is None:
            cut = cut_posts(texts, self.vocabulary, workers=self._workers, progress=progress)
        # One thread: sums come in one order on every machine, and the other core stays with the pages.
        with threadpool_limits(limits=1):
            self._learn(texts, cut, guidance, public, called or {}, extra, progress)
        return self

    def predict(self, texts: Sequence[str]) -> tuple[IntArray, FloatArray]:
        """(labels, confidence) of texts that were not part of the run; about a millisecond for one."""
        check_is_fitted(self, "centres_")
        counts = self.features_.count([content_words(text, self.vocabulary) for text in texts])
        if not len(self.centres_):
            return np.full(len(texts), REST, dtype=np.int64), np.zeros(len(texts), dtype=np.float32)
        rows = self.features_.project(counts)
        likely = self.judge_.probabilities(self.features_.tf_idf(counts))
        near = similarities(rows, self._own_columns(rows.shape[1])).max(axis=1)
        unlike = (near < self._parameters.min_confidence) | ~np.any(rows, axis=1)
        sure = np.where(np.diff(counts.indptr) == 0, np.float32(0), likely.max(axis=1))
        return np.where(unlike, REST, likely.argmax(axis=1)), sure

    def explain(self, text: str, cluster: int | None = None, top: int = 5) -> list[tuple[str, float]]:
        """The words of `text` that speak for the cluster (its own by default), strongest first.

        Each with what it adds to the log-odds of the cluster against the average one.
        """
        check_is_fitted(self, "centres_")
        counts = self.features_.count([content_words(text, self.vocabulary)])
        if not counts.nnz or not len(self.centres_):
            return []
        weights = self.features_.tf_idf(counts)
        if cluster is None:
            cluster = int(self.judge_.probabilities(weights)[0].argmax())
        shares = self.judge_.shares(weights, cluster)
        names = self.features_.get_feature_names_out()
        told = sorted(zip(counts.indices, shares, strict=True), key=lambda pair: (-pair[1], pair[0]))
        return [(str(names[column]), float(share)) for column, share in told[:top]]

    def save(self, path: Path) -> None:
        """Write what `predict` and `explain` need as one .npz of arrays and JSON; nothing in it can run code."""
        check_is_fitted(self, "centres_")
        told = {
            "format": FORMAT,
            "parameters": self._parameters.as_dict(),
            "lexicon": self.vocabulary.fingerprint,
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
                coefficients=self.judge_.coefficients,
                intercepts=self.judge_.intercepts,
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
            model.judge_ = WordJudge(np.ascontiguousarray(arrays["coefficients"]), arrays["intercepts"])
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
    def vocabulary(self) -> Lexicon:
        """The lexicon of this run: what the brand told it to ignore says nothing."""
        base, ignored = self.lexicon or Lexicon.default(), self._parameters.ignore
        known: tuple[Lexicon, tuple[str, ...], Lexicon] | None = getattr(self, "_vocabulary", None)
        if known is None or known[0] is not base or known[1] != ignored:
            # Made once: it takes 7 ms, and every new post asks for it.
            known = self._vocabulary = (base, ignored, base.ignoring(ignored))
        return known[2]

    def _own_columns(self, count: int) -> FloatArray:
        """The centres without what a sentence encoder added, which a new post does not have."""
        same = count == self.centres_.shape[1]
        return self.centres_ if same else unit_rows(np.ascontiguousarray(self.centres_[:, :count]))

    def _learn(
        self,
        texts: Sequence[str],
        documents: Documents,
        guidance: Guidance,
        public: Any,
        called: Mapping[int, str],
        extra: FloatArray | None,
        progress: Progress,
    ) -> None:
        told = self._parameters
        progress("features", 0, 1)
        self.lexicon_fingerprint_ = self.vocabulary.fingerprint
        self.features_ = TextFeatures(told.dim, meaning_weight=told.meaning_weight, random_state=told.seed)
        rows = self.features_.fit_transform(documents, workers=self._workers)
        if extra is not None:
            rows = unit_rows(np.hstack([rows, extra]))
        progress("features", 1, 1)
        progress("cluster", 0, 1)
        found = group(rows, self.features_.tf_idf(self.features_.counts_), guidance, told)
        self.labels_, self.confidence_, self.centres_ = found.labels, found.confidence, found.centres
        self.judge_, self.n_iter_ = found.judge, found.turns
        progress("cluster", 1, 1)
        self.ask_ = posts_to_ask(rows, guidance.answers.bound, seed=told.seed)
        if not guidance.named:
            self._number_by_size()
        described = describe(
            texts, documents, rows, self.labels_, self.confidence_, self.centres_,
            self.features_.counts_, self.features_.get_feature_names_out(), told,
            lexicon=self.vocabulary, public=public, called=called, progress=progress,
        )  # fmt: skip
        self.clusters_, self.areas_ = described.clusters, described.areas
        del self.features_.counts_  # needed for the words only, and as large as the posts

    def _number_by_size(self) -> None:
        """Number the clusters by falling size and let empty ones go."""
        sizes = np.bincount(self.labels_[self.labels_ != REST], minlength=len(self.centres_))
        order = np.lexsort((np.arange(len(sizes)), -sizes))
        order = order[sizes[order] > 0]
        place = np.full(len(sizes) + 1, REST, dtype=np.int64)  # the last entry answers for the rest's -1
        place[order] = np.arange(len(order))
        self.labels_, self.centres_ = place[self.labels_], np.ascontiguousarray(self.centres_[order])
        self.judge_ = WordJudge(np.ascontiguousarray(self.judge_.coefficients[order]), self.judge_.intercepts[order])
