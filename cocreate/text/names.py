"""Names of models, trims and places as they are compared: written by many hands, in lists, forms and garages."""

from functools import lru_cache

from cocreate.text.fold import fold


@lru_cache(maxsize=8192)
def name_key(name: str) -> str:
    """Equal for names that mean the same: width, case, blanks and traditional or simplified characters are all one."""
    return "".join(fold(name).casefold().split())
