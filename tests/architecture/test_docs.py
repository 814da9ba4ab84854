"""The docs keep what they promise: links lead somewhere, every command is named, pictures exist."""

import re
from pathlib import Path

import pytest
import typer.main

import main

ROOT = Path(__file__).parent.parent.parent
PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md", *(ROOT / "docs").rglob("*.md")])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_of_a_page_leads_somewhere(page):
    links = re.findall(r"\]\(([^)#\s]+)", page.read_text(encoding="utf-8"))
    broken = [link for link in links if "://" not in link and not (page.parent / link).exists()]
    assert broken == []


def test_every_command_is_named_in_the_docs():
    said = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
    commands = typer.main.get_command(main.cli).commands  # type: ignore[attr-defined]
    missing = [name for name in commands if f"cocreate {name}" not in said]
    assert missing == []
