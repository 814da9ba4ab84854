"""Words of items that depend on the reader's language."""

from collections.abc import Callable

from cocreate.web.page import Page
from roadmap.items.windows import Window
from roadmap.promises.words import when


def window_text(page: Page) -> Callable[[Window], str]:
    """A function for templates that says a window in the reader's language, no more exactly than it was said."""
    return lambda window: when(page.translator, window.first, window.last)
