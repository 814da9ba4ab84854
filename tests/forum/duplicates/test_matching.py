"""Pairs among many posts: found by rare words, whatever the order, with bounded memory."""

from cocreate.text.lexicon import Lexicon
from forum.duplicates import matching
from forum.duplicates.matching import Matcher
from forum.duplicates.profiles import Cutting, Voice

PARTS = ["变速箱", "天窗", "座椅", "导航", "车门", "方向盘", "空调", "后视镜", "雨刷", "大灯"]
FAULTS = ["异响", "漏水", "卡顿", "生锈", "抖动", "失灵", "老化", "开裂"]


def voices(extra=()):
    texts = [f"{part}{fault}" for part in PARTS for fault in FAULTS]
    texts += ["天窗漏水非常严重", "导航总是卡顿", *extra]
    return {number: Voice(number, text) for number, text in enumerate(texts, 1)}


def found(known, least=0.75):
    matcher = Matcher(Cutting(Lexicon.default()), lambda ids: [known[one] for one in ids])
    matcher.add(known.values())
    return {(p.low, p.high): p.likeness.value for p in matcher.pairs(sorted(known), least=least)}


def number_of(known, text):
    return next(one.id for one in known.values() if one.title == text)


def test_what_says_the_same_is_found_and_nothing_else():
    known = voices()
    leak, lag = number_of(known, "天窗漏水"), number_of(known, "导航卡顿")
    assert set(found(known)) == {(leak, len(known) - 1), (lag, len(known))}


def test_each_pair_is_found_once_with_the_lower_id_first():
    assert all(low < high for low, high in found(voices(), least=0.2))


def test_profiles_that_are_no_longer_kept_are_read_again(monkeypatch):
    known = voices()
    everything = found(known, least=0.4)
    monkeypatch.setattr(matching, "PROFILES_KEPT", 3)
    assert found(known, least=0.4) == everything


def test_posts_for_staff_are_compared_among_themselves_alone():
    known = voices()
    known[900] = Voice(900, "天窗漏水严重", staff_only=True)
    known[901] = Voice(901, "天窗漏水很严重", staff_only=True)
    assert {pair for pair in found(known) if pair[1] >= 900} == {(900, 901)}


def test_a_word_in_most_posts_finds_no_candidates(monkeypatch):
    monkeypatch.setattr(matching, "COMMONEST", 2)
    known = {number: Voice(number, f"异响{number}") for number in range(1, 30)}
    assert found(known, least=0.1) == {}
