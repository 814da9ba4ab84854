"""How well feelings are heard: the word list beside a classifier that learned from half of the same opinions."""

import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from cocreate.core.runtime import Runtime
from cocreate.text.fold import fold
from feedback_cluster.bench.cluster import data_folder
from feedback_cluster.sentiment.judge import polarity, stance
from feedback_cluster.sentiment.measure import Labelled, agreement, macro_f1, read_complaints, read_opinions


def sentiment(runtime: Runtime, data: Path | None = None) -> dict[str, Any]:
    """Agreement with people on the even ids (by which words were chosen) and on the odd ones, texts a second, and the
    yardstick's agreement on the odd ones. passed: the word list is no worse than the yardstick by more than .02.

    runtime: not asked. data: folder of the real files, by default beside the checkout.
    """
    rows = read_opinions((data or data_folder()) / "car_opinions.csv")
    even, odd = [row for row in rows if row.id % 2 == 0], [row for row in rows if row.id % 2]
    polarity(rows[0].text)
    began = time.process_time()
    for row in rows:
        polarity(row.text)
    speed = len(rows) / (time.process_time() - began)
    complaints = [stance(polarity(text)) for text in read_complaints((data or data_folder()) / "car_complaints.csv")]
    ours, learned = agreement(odd, polarity, stance), yardstick(even, odd)
    return {
        "even": rounded(asdict(agreement(even, polarity, stance))),
        "odd": rounded(asdict(ours)),
        "yardstick_odd": rounded(learned),
        "complaints": {
            "posts": len(complaints),
            "heard_as_complaints": round(complaints.count(-1) / len(complaints), 3),
            "heard_as_praise": round(complaints.count(1) / len(complaints), 3),
        },
        "texts_per_second": round(speed),
        "passed": ours.macro_f1 >= learned["macro_f1"] - 0.02,
    }


def yardstick(train: Sequence[Labelled], test: Sequence[Labelled]) -> dict[str, float]:
    """TF-IDF of one to three characters and a logistic regression with balanced classes, learned from `train`;
    its polar figures are those of one that learned only from praise and complaints."""
    from sklearn.feature_extraction.text import TfidfVectorizer  # slow to import, and only the bench needs it
    from sklearn.linear_model import LogisticRegression

    vectors = TfidfVectorizer(analyzer="char", ngram_range=(1, 3), min_df=2, sublinear_tf=True)
    known = vectors.fit_transform([fold(row.text) for row in train])
    asked = vectors.transform([fold(row.text) for row in test])

    def learned(classes: tuple[int, ...]) -> tuple[list[int], list[int]]:
        own = [place for place, row in enumerate(train) if row.label in classes]
        theirs = [place for place, row in enumerate(test) if row.label in classes]
        model = LogisticRegression(C=4.0, max_iter=2_000, class_weight="balanced")
        model.fit(known[own], [train[place].label for place in own])
        return [test[place].label for place in theirs], [int(label) for label in model.predict(asked[theirs])]

    three, polar = learned((-1, 0, 1)), learned((-1, 1))
    return {
        "accuracy": hits(*three),
        "macro_f1": macro_f1(*three, (-1, 0, 1)),
        "polar_accuracy": hits(*polar),
        "polar_f1": macro_f1(*polar, (-1, 1)),
    }


def hits(labels: Sequence[int], given: Sequence[int]) -> float:
    """The share that is right."""
    return sum(label == answer for label, answer in zip(labels, given, strict=True)) / len(labels)


def rounded(figures: dict[str, float]) -> dict[str, float]:
    return {name: round(figure, 3) for name, figure in figures.items()}
