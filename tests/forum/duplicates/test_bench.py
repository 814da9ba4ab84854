"""The promise on real complaints: nine of ten suggestions are right, on pairs that nothing was tuned on."""

import csv

import pytest

from forum.duplicates import bench
from forum.duplicates.profiles import Voice
from tests.realdata import REAL_DATA


def test_verdicts_hold_no_text_and_no_pair_twice():
    with bench.VERDICTS.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert set(rows[0]) == {"round", "low", "high", "score", "verdict"}
    assert {row["verdict"] for row in rows} == {"same", "partly", "different"}
    pairs = [(row["low"], row["high"]) for row in rows]
    assert len(set(pairs)) == len(pairs) >= 500
    assert all(row["low"].isdigit() and row["high"].isdigit() for row in rows)


def test_partly_counts_as_wrong():
    scored = [(0.9, "same"), (0.9, "same"), (0.9, "partly"), (0.9, "different"), (0.5, "different")]
    assert bench._precision(scored, 0.75, 1.01) == {"pairs": 4, "precision": 0.5, "with_partly": 0.75}


@pytest.mark.slow
@pytest.mark.realdata
def test_precision_on_held_out_pairs_of_real_complaints():
    voices = bench._complaints(REAL_DATA)
    assert all(isinstance(voice, Voice) for voice in voices.values())
    told = bench._quality(voices)
    assert told["held_out"]["pairs"] >= bench.LEAST_PAIRS
    assert told["held_out"]["precision"] >= bench.LEAST_PRECISION
    assert told["held_out"]["with_partly"] >= 0.95
