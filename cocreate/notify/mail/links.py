"""The link in a mail by which somebody stops it: signed, without logging in, for one group, a topic or all digests."""

from dataclasses import dataclass

from itsdangerous import BadSignature, URLSafeSerializer

from cocreate.core.config import Settings
from cocreate.core.errors import NotFound

DIGEST = "digest"


@dataclass(frozen=True)
class Stop:
    """What a link would stop: mails of a `group`, or digests; `topic` is what the mail was about."""

    member_id: int
    group: str
    topic: str = ""


def sign(settings: Settings, stop: Stop) -> str:
    """The token that stands in the link; it does not run out, because mails are read late."""
    return str(_signer(settings).dumps([stop.member_id, stop.group, stop.topic]))


def read(settings: Settings, token: str) -> Stop:
    """What the token stands for; NotFound for one that we did not sign."""
    try:
        member_id, group, topic = _signer(settings).loads(token)
    except (BadSignature, ValueError, TypeError) as error:
        raise NotFound("no such link") from error
    return Stop(int(member_id), str(group), str(topic))


def _signer(settings: Settings) -> URLSafeSerializer:
    return URLSafeSerializer(settings.signing_key(), salt="stop-mail")
