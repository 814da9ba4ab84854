"""Keeps a robot's address and secret so that the database alone does not give them away."""

import base64
import hashlib

from cryptography.fernet import Fernet, InvalidToken

from cocreate.core.config import Settings


class Unreadable(Exception):
    """It was sealed with another key: the site's secret has changed since."""


def seal(settings: Settings, text: str) -> str:
    """The text, readable only with the site's secret."""
    return _box(settings).encrypt(text.encode()).decode() if text else ""


def unseal(settings: Settings, sealed: str) -> str:
    """What was sealed; Unreadable when the site's secret is no longer the same."""
    if not sealed:
        return ""
    try:
        return _box(settings).decrypt(sealed.encode()).decode()
    except InvalidToken as error:
        raise Unreadable from error


def _box(settings: Settings) -> Fernet:
    key = hashlib.sha256(b"robots:" + settings.signing_key().encode()).digest()
    return Fernet(base64.urlsafe_b64encode(key))
