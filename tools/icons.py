"""Builds `cocreate/web/static/icons.svg` from an unpacked lucide-static package: `python tools/icons.py PACKAGE`."""

import re
import sys
from pathlib import Path

STATIC = Path(__file__).parent.parent / "cocreate" / "web" / "static"
NOTICE = "<!-- Lucide, ISC License, (c) 2026 Lucide Icons and Contributors; see vendor/lucide.LICENSE.txt -->"


def wanted() -> list[str]:
    """Names listed in icons.txt, one per line."""
    return [line for line in (STATIC / "icons.txt").read_text().splitlines() if line and not line.startswith("#")]


def symbol(name: str, source: str) -> str:
    """One `<symbol>`: the shapes alone, because line and colour come from the style sheet."""
    shapes = re.sub(r"\s+", " ", source[source.index(">", source.index("<svg")) + 1 : source.rindex("</svg>")]).strip()
    return f'<symbol id="{name}" viewBox="0 0 24 24">{shapes.replace("> <", "><").replace(" />", "/>")}</symbol>'


def build(package: Path) -> str:
    symbols = [symbol(name, (package / "icons" / f"{name}.svg").read_text()) for name in wanted()]
    return "\n".join(['<svg xmlns="http://www.w3.org/2000/svg">', NOTICE, *symbols, "</svg>", ""])


if __name__ == "__main__":
    (STATIC / "icons.svg").write_text(build(Path(sys.argv[1])))
