"""Voices that come from a question the brand has asked: for colleagues alone, told to nobody."""

from sqlmodel import Session

from cocreate.core.actor import Actor
from cocreate.text.excerpt import first_sentence
from forum.posts.models import PostKind
from forum.posts.service import Draft, submit_post


def add_private_voice(session: Session, body: str, *, author: Actor, channel: str) -> int:
    """A post of this member for staff alone, its title the first sentence; its id. `channel`: where it was asked."""
    draft = Draft(title=first_sentence(body) or body[:60], body=body, kind=PostKind.PROBLEM, private=True)
    post = submit_post(session, draft, author=author)
    post.title_derived, post.channel = True, channel
    session.add(post)
    session.flush()
    return post.id or 0
