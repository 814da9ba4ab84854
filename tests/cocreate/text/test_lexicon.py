"""The lexicon that ships, and what a lexicon promises its users."""

from cocreate.text.lexicon import Lexicon, Term, parse_terms


def test_the_default_lexicon_knows_what_owners_talk_about() -> None:
    lexicon = Lexicon.default()
    wanted = {"胎噪", "费油", "涡轮增压", "异响", "后排空间", "四驱", "座椅通风", "哨兵模式"}
    assert wanted <= set(lexicon.spellings)
    assert len(lexicon.terms) > 400
    assert {"楼主", "希望", "的"} <= lexicon.stop_words


def test_no_word_stands_twice() -> None:
    words = [term.word for term in Lexicon.default().terms]
    assert len(words) == len(set(words))


def test_no_subject_is_also_a_stop_word() -> None:
    lexicon = Lexicon.default()
    assert {term.word for term in lexicon.terms} & lexicon.stop_words == set()


def test_spellings_are_folded_and_aliases_lead_to_their_word() -> None:
    lexicon = Lexicon(terms=(Term("後備箱", ("尾箱",)), Term("HUD", ("抬頭顯示",))))
    assert lexicon.canonical == {"尾箱": "后备箱", "抬头显示": "hud"}


def test_equal_lexicons_share_a_fingerprint_and_others_do_not() -> None:
    one, two = (Lexicon(terms=parse_terms(["胎噪 轮胎噪音", "", "# 注"])) for _ in range(2))
    assert one.fingerprint == two.fingerprint
    assert one.ignoring(["某牌"]).fingerprint != one.fingerprint
    assert one.ignoring([]) is one
