"""Versions as people write them: "OTA 2.10" comes after "2.9". Knows no database."""

import re
from itertools import zip_longest


def version_key(version: str) -> list[int]:
    """The numbers of a version, for comparing; empty where it has none."""
    return [int(part) for part in re.findall(r"\d+", version)[:6]]


def carries(software: str, version: str) -> bool:
    """Whether a car with this software already has what the version brought."""
    mine, theirs = version_key(software), version_key(version)
    pairs = zip_longest(mine, theirs, fillvalue=0)
    return bool(mine and theirs) and next((have > want for have, want in pairs if have != want), True)
