"""The front door: what other rooms may ask about themes and do to them, in ids and frozen values."""

from feedback_cluster.figures import acknowledged, weekly_voices
from feedback_cluster.guiding.founding import found_theme
from feedback_cluster.themes.answers import record_answer
from feedback_cluster.themes.cards import RankedTheme, ThemeCard, ThemeRef, rank_themes, theme_cards
from feedback_cluster.themes.models import TRIAGE_LABELS, TriageStatus
from feedback_cluster.themes.queries import post_ids_of, resolve, themes_of_posts

__all__ = [
    "TRIAGE_LABELS",
    "RankedTheme",
    "ThemeCard",
    "ThemeRef",
    "TriageStatus",
    "acknowledged",
    "found_theme",
    "post_ids_of",
    "rank_themes",
    "record_answer",
    "resolve",
    "theme_cards",
    "themes_of_posts",
    "weekly_voices",
]
