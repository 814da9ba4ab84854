"""How the index on the server is set up. Another set-up is another index: it is built anew and exchanged."""

import hashlib
import json
from typing import Any

from search.meili.documents import SCHEMA

FACETS = ("kind", "variety", "status", "board_id", "model", "answered")
MOST_HITS = 1000

SETTINGS: dict[str, Any] = {
    # The order is the weight.
    "searchableAttributes": ["title", "terms", "body"],
    "displayedAttributes": ["id", "kind", "row_id", "v"],
    "filterableAttributes": [*FACETS, "visibility", "created_ts"],
    "sortableAttributes": ["created_ts", "votes"],
    # A wished order is one; without a wish the server's own rules, and of equals the one that more people want.
    "rankingRules": ["sort", "words", "typo", "proximity", "attribute", "exactness", "votes:desc"],
    # Without this, short Chinese is now and then taken for Japanese and cut by another dictionary.
    "localizedAttributes": [{"attributePatterns": ["*"], "locales": ["cmn"]}],
    "nonSeparatorTokens": ["+", "#"],  # NOP+
    # One letter less is another car: es8 is not es6, and a number is never a slip.
    "typoTolerance": {
        "enabled": True,
        "minWordSizeForTypos": {"oneTypo": 6, "twoTypos": 10},
        "disableOnNumbers": True,
    },
    "faceting": {"maxValuesPerFacet": 100, "sortFacetValuesBy": {"*": "count"}},
    "pagination": {"maxTotalHits": MOST_HITS},
    "searchCutoffMs": 150,
}

LOCALES = ["cmn"]


def fingerprint() -> str:
    """Changes whenever documents or settings do."""
    told = json.dumps([SCHEMA, SETTINGS], sort_keys=True)
    return hashlib.blake2b(told.encode(), digest_size=4).hexdigest()
