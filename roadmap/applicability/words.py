"""What a verdict says to an owner: msgids by kind and note. Placeholders: model, version, reason, missing."""

from cocreate.core.text_marks import N_

_OPEN = N_("My %(model)s: not known yet; we will tell you")
WORDS: dict[tuple[str, str], str] = {
    ("has", ""): N_("My %(model)s: has it since OTA %(version)s"),
    ("has", "rolled_back"): N_("My %(model)s: has OTA %(version)s, which was taken back"),
    ("ota", ""): N_("My %(model)s: coming with OTA %(version)s"),
    ("ota", "paused"): N_("My %(model)s: OTA %(version)s is paused for now"),
    ("planned", ""): N_("My %(model)s: planned with OTA %(version)s"),
    ("planned", "no_version"): N_("My %(model)s: comes over the air; the version is not fixed yet"),
    ("retrofit", ""): N_("My %(model)s: as a retrofit for a fee: %(reason)s"),
    ("not_possible", ""): N_("My %(model)s: not possible, because %(reason)s"),
    ("unknown", ""): _OPEN,
    ("unknown", "not_for"): N_("My %(model)s: OTA %(version)s is not for this model"),
    ("unknown", "missing"): N_("My %(model)s: tell us its %(missing)s, and we can say"),
    ("unknown", "rolled_back"): N_("My %(model)s: OTA %(version)s was taken back; we will tell you what comes instead"),
}
FACT_LABELS = {
    "model": N_("model"),
    "year": N_("model year"),
    "hardware": N_("hardware"),
    "software": N_("software version"),
    "region": N_("region"),
}
KIND_LABELS = {
    "has": N_("have it already"),
    "ota": N_("get it over the air"),
    "planned": N_("will get it over the air"),
    "retrofit": N_("by retrofit"),
    "unknown": N_("not known"),
    "not_possible": N_("not possible"),
}


def words(kind: str, note: str) -> str:
    """The msgid for a verdict."""
    return WORDS.get((kind, note)) or WORDS[kind, ""]
