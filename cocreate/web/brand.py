"""The brand's name and its one accent colour, made readable on paper and on ink."""

import colorsys
import hashlib
from dataclasses import dataclass
from functools import lru_cache

from cocreate.core.config import Settings

LIGHT_PAPER, DARK_PAPER = "#f6f7f8", "#171b1f"


@dataclass(frozen=True)
class Brand:
    name: str
    css: str

    @property
    def css_url(self) -> str:
        return f"/brand.css?v={hashlib.sha256(self.css.encode()).hexdigest()[:12]}"


def luminance(colour: str) -> float:
    """Relative luminance of #rrggbb, 0–1 (WCAG 2.2)."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours, 1–21 (WCAG 2.2)."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def readable(colour: str, paper: str, ratio: float = 4.6) -> str:
    """The colour itself, or its nearest lighter or darker kin that reaches the contrast on `paper`."""
    red, green, blue = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    hue, light, saturation = colorsys.rgb_to_hls(red, green, blue)
    step = 0.01 if luminance(paper) < 0.5 else -0.01
    while contrast(colour, paper) < ratio and 0 <= light <= 1:
        light += step
        rgb = colorsys.hls_to_rgb(hue, min(1.0, max(0.0, light)), saturation)
        colour = "#" + "".join(f"{round(c * 255):02x}" for c in rgb)
    return colour


def mixed(colour: str, paper: str, share: float) -> str:
    """`share` of the colour on the paper, as an opaque tint."""
    parts = [round(int(colour[i : i + 2], 16) * share + int(paper[i : i + 2], 16) * (1 - share)) for i in (1, 3, 5)]
    return "#" + "".join(f"{part:02x}" for part in parts)


def _tokens(accent: str, paper: str) -> str:
    on_accent = max(("#ffffff", "#0f1214"), key=lambda ink: contrast(ink, accent))
    soft = mixed(accent, paper, 0.12)
    return (
        f"--accent:{accent};--accent-ink:{on_accent};--accent-soft:{soft};"
        f"--accent-line:{mixed(accent, paper, 0.35)};--accent-text:{readable(accent, soft)}"
    )


@lru_cache
def of(settings: Settings) -> Brand:
    """Name and stylesheet of the brand; colours reach 4.5:1 in both schemes, whatever accent was set."""
    light = _tokens(readable(settings.brand_accent, LIGHT_PAPER), LIGHT_PAPER)
    dark = _tokens(readable(settings.brand_accent, DARK_PAPER), DARK_PAPER)
    css = (
        f":root{{{light}}}\n"
        f'@media (prefers-color-scheme:dark){{:root:not([data-scheme="light"]){{{dark}}}}}\n'
        f':root[data-scheme="dark"]{{{dark}}}\n'
    )
    return Brand(settings.brand_name, css)
