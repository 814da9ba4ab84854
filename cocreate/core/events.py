"""News that travels up: frozen facts in the past tense, stored as JSON and handed to listeners after the commit."""

from dataclasses import asdict, dataclass
from typing import Any, ClassVar


@dataclass(frozen=True)
class Event:
    """A fact; fields are numbers, strings and lists of them, so that it survives in the outbox."""

    name: ClassVar[str] = ""
    registry: ClassVar[dict[str, type["Event"]]] = {}

    def __init_subclass__(cls) -> None:
        cls.name = f"{cls.__module__.split('.')[0]}.{cls.__name__}"
        Event.registry[cls.name] = cls

    def payload(self) -> dict[str, Any]:
        return asdict(self)


def restore(name: str, payload: dict[str, Any]) -> Event:
    """The event that was stored under this name; KeyError when no module declares it any more."""
    return Event.registry[name](**payload)
