"""What tests of several rooms of themes share."""

from collections.abc import Callable

import pytest

from cocreate.core.runtime import Runtime
from feedback_cluster.themes.facts import facts_of
from feedback_cluster.themes.models import Theme, ThemePost
from feedback_cluster.themes.queries import current_run_id
from forum import api as forum


@pytest.fixture
def add_to(runtime: Runtime) -> Callable[[Theme, list[int]], None]:
    """Put further posts into a theme, as an assignment would."""

    def add(theme: Theme, post_ids: list[int]) -> None:
        with runtime.database.write() as session:
            run_id = current_run_id(session) or 0
            for post in forum.post_texts(session, ids=post_ids):
                session.add(ThemePost(run_id=run_id, post_id=post.id, theme_id=theme.id, **facts_of(post)))

    return add
