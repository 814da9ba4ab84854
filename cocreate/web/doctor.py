"""What `cocreate doctor` looks at in the web floor."""

from cocreate.core.runtime import Runtime
from cocreate.web.i18n import LANGUAGES
from cocreate.web.page import TEMPLATES, Addresses, Renderer


def templates(runtime: Runtime) -> tuple[str, bool, str]:
    """Whether every template compiles in every language."""
    from fastapi import FastAPI

    try:
        Renderer(runtime, Addresses(FastAPI())).warm()
    except Exception as error:  # a broken template must not hide the other checks
        return "templates", False, f"{type(error).__name__}: {error}"
    return f"templates: {len(list(TEMPLATES.rglob('*.html')))} in {', '.join(LANGUAGES)}", True, ""


CHECKS = (templates,)
