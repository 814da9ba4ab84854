"""Writes .env.example and docs/settings.md from the settings' own descriptions: python tools/env_example.py"""

from pathlib import Path

from cocreate.core.config import Settings

ROOT = Path(__file__).parent.parent


def shown(value: object) -> str:
    """A default as one would write it in the file."""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)


def example() -> str:
    """The example file: every setting, commented out, with its default."""
    lines = [
        "# Copy to .env, take the # away where another value is wanted. Environment variables win over this file.\n"
    ]
    for name, field in Settings.model_fields.items():
        lines.append(f"# {field.description}\n# COCREATE_{name.upper()}={shown(field.default)}\n")
    return "\n".join(lines)


def _code(text: str) -> str:
    return f"`{text}`" if text else "—"


def guide() -> str:
    """The same as a page of the guide."""
    rows = [
        f"| `COCREATE_{name.upper()}` | {_code(shown(field.default))} | {field.description} |"
        for name, field in Settings.model_fields.items()
    ]
    head = (
        "# Settings\n\nEnvironment variables, or the same lines in a file `.env` beside the program. Nothing but the"
        " defaults is needed to start; `cocreate doctor` says what does not fit. Made by"
        " `python tools/env_example.py`.\n\n"
        "| setting | default | what it is |\n|---|---|---|\n"
    )
    return head + "\n".join(rows) + "\n"


if __name__ == "__main__":
    (ROOT / ".env.example").write_text(example(), encoding="utf-8")
    (ROOT / "docs" / "settings.md").write_text(guide(), encoding="utf-8")
