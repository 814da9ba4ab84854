"""What a theme's figures need to know about a post, copied beside the voice when it is placed."""

from collections.abc import Sequence
from typing import Any

from cocreate.text.fold import fold
from feedback_cluster.sentiment.judge import polarity
from feedback_cluster.sentiment.need import SAFETY_WORDS, danger, is_urgent
from forum.api import PostStatus, PostText, Visibility


def facts_of(post: PostText, safety_words: Sequence[str] = SAFETY_WORDS) -> dict[str, Any]:
    """Columns of `ThemePost` besides the place. safety_words: the brand's, see `priority.queries.safety_words`."""
    said = fold(words_of(post))  # once: what is folded already costs next to nothing to fold again
    return {
        "created_at": post.created_at,
        "kind": post.kind.value,
        "model": post.model,
        "board_id": post.board_id,
        "person": post.person,
        "is_open": post.stands is PostStatus.OPEN,
        "staff_only": post.visibility is Visibility.STAFF,
        "votes": post.vote_count,
        "vehicle_id": post.vehicle_id,
        "model_year": post.model_year,
        "region": post.region,
        "polarity": round(polarity(said), 4),
        "urgent": is_urgent(said),
        "safety": danger(said, safety_words),
    }


def words_of(post: PostText) -> str:
    """Title and body as they are read; a title that only repeats how the body begins is read once."""
    return post.body if post.body.startswith(post.title.rstrip("…")) else f"{post.title}\n{post.body}"
