"""Excerpts: a short true piece of a longer text."""

import re

END = re.compile(r"[。！？!?\n]")


def first_sentence(text: str, limit: int = 60) -> str:
    """The first sentence that says something, at most `limit` characters (cut ones end in …); "" if there is none."""
    for sentence in END.split(text):
        tidy = " ".join(sentence.split())
        if any(character.isalnum() for character in tidy):
            return tidy if len(tidy) <= limit else tidy[: limit - 1].rstrip() + "…"
    return ""
