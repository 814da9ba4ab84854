"""What identity tells the rooms above."""

from dataclasses import dataclass

from cocreate.core.events import Event


@dataclass(frozen=True)
class MemberLeft(Event):
    """An account was blanked; rooms above forget what names the person."""

    member_id: int


@dataclass(frozen=True)
class SoftwareKnown(Event):
    """The software of these cars was entered or corrected."""

    vehicle_ids: list[int]
