"""Choosing the post that another one becomes part of: by number, by address, by words, or what says about the same."""

import re

from sqlmodel import Session

from cocreate.core.actor import Actor
from cocreate.core.tables import MAX_ID
from forum.merging.queries import heads_of
from forum.posts.models import Post
from forum.posts.queries import PostCard, post_cards
from search import api as search

SHOWN = 8
_NUMBER = re.compile(r"^\s*(?:#|.*/posts/)?(\d{1,19})(?:[?#/].*)?\s*$")


def number_in(text: str) -> int | None:
    """The post's number, when somebody typed it or pasted its address."""
    found = _NUMBER.match(text)
    number = int(found.group(1)) if found else 0
    return number if 0 < number <= MAX_ID else None


def candidates(session: Session, post: Post, text: str, actor: Actor) -> list[PostCard]:
    """Posts that this one could become part of, best first; merged ones stand for the head of their group."""
    scope = search.scope_of(actor)
    ids: list[int] = []
    number = number_in(text)
    if number is not None:
        ids.append(number)
    if text.strip() and number is None:
        page = search.search(session, text, scope=scope, kinds=["post"], limit=SHOWN + 2)
        ids += [hit.id for hit in page.hits]
    elif not text.strip():
        # The whole text finds what says just the same, the title alone what is about it.
        for words in (f"{post.title}\n{post.body}"[:1000], post.title):
            ids += [hit.id for hit in search.similar(session, words, scope=scope, limit=SHOWN + 2)]
    heads = heads_of(session, ids)
    own = heads_of(session, [post.id or 0]).get(post.id or 0)
    ordered = list(dict.fromkeys(heads[one] for one in ids if one in heads and heads[one] not in (post.id, own)))
    cards = post_cards(session, ordered, actor=actor)
    return [cards[one] for one in ordered if one in cards][:SHOWN]
