"""How refusals look in JSON, for the OpenAPI page: one shape for all of them."""

from typing import Any

from pydantic import BaseModel

from cocreate.core.errors import NotAllowed, NotSignedIn, Refusal


class ErrorBody(BaseModel):
    """What went wrong: a stable code, a sentence in the reader's language, and messages by input field."""

    code: str
    message: str
    fields: dict[str, str] = {}


class ErrorAnswer(BaseModel):
    """Every refusal looks like this."""

    error: ErrorBody


def refusals(*kinds: type[Refusal]) -> dict[int | str, dict[str, Any]]:
    """OpenAPI entries for the refusals that a route may give, each with its own code as the example."""
    return {
        kind.status: {
            "model": ErrorAnswer,
            "description": kind.message,
            "content": {
                "application/json": {"example": {"error": {"code": kind.code, "message": kind.message, "fields": {}}}}
            },
        }
        for kind in kinds
    }


FOR_TOKENS = refusals(NotSignedIn, NotAllowed)
"""What every route answers that wants a token with a scope."""
