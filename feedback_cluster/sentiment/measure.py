"""How well the judge agrees with people: the figures of docs/sentiment.md, from a table with texts and sentiments."""

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

CLASSES = (-1, 0, 1)


@dataclass(frozen=True)
class Labelled:
    """A text and how people heard it: -1 complaint, 0 neither, 1 praise."""

    id: int
    text: str
    label: int


@dataclass(frozen=True)
class Agreement:
    """accuracy and macro_f1 over three classes; polar_*: only posts that people called praise or complaint: the share
    of them on which the judge takes a side, and how often it is the right one."""

    posts: int
    accuracy: float
    macro_f1: float
    polar_posts: int
    polar_decided: float
    polar_accuracy: float
    polar_f1: float


def read_opinions(path: Path) -> list[Labelled]:
    """Rows of `id,text,sentiments`; of several sentiments the sign of their sum."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [
            Labelled(int(row["id"]), row["text"], _sign(sum(int(one) for one in row["sentiments"].split("|"))))
            for row in csv.DictReader(file)
        ]


def read_complaints(path: Path) -> list[str]:
    """The texts of a file that holds nothing but complaints."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [row["text"] for row in csv.DictReader(file)]


def agreement(rows: Sequence[Labelled], polarity: Callable[[str], float], stance: Callable[[float], int]) -> Agreement:
    """Compare the judge with the labels. Raises ValueError without rows of both signs."""
    said = [polarity(row.text) for row in rows]
    sorted_as = [stance(value) for value in said]
    labels = [row.label for row in rows]
    polar = [(label, _sign(value)) for label, value in zip(labels, said, strict=True) if label]
    decided = [(label, sign) for label, sign in polar if sign]
    if not rows or not decided:
        raise ValueError("nothing to compare")
    return Agreement(
        posts=len(rows),
        accuracy=_share(labels, sorted_as),
        macro_f1=macro_f1(labels, sorted_as, CLASSES),
        polar_posts=len(polar),
        polar_decided=len(decided) / len(polar),
        polar_accuracy=sum(label == sign for label, sign in decided) / len(decided),
        polar_f1=macro_f1([label for label, _ in polar], [sign for _, sign in polar], (-1, 1)),
    )


def macro_f1(labels: Sequence[int], given: Sequence[int], classes: Sequence[int]) -> float:
    """Mean of the F1 of each class, 0 for a class that neither side uses."""
    scores = []
    for one in classes:
        both = sum(label == one == answer for label, answer in zip(labels, given, strict=True))
        used = sum(label == one for label in labels) + sum(answer == one for answer in given)
        scores.append(2 * both / used if used else 0.0)
    return sum(scores) / len(scores)


def _share(labels: Sequence[int], given: Sequence[int]) -> float:
    return sum(label == answer for label, answer in zip(labels, given, strict=True)) / len(labels)


def _sign(value: float) -> int:
    return (value > 0) - (value < 0)
