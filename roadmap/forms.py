"""What the forms of all rooms share: names in one field, the sentence to owners, refusals that stand beside a field."""

import re
from typing import Any

from cocreate.core.errors import Invalid
from cocreate.core.text_marks import N_
from cocreate.web.forms import BoundForm


class SentenceMissing(Invalid):
    """What happens to an item or a release is said to owners, or it does not happen."""

    code = "sentence_missing"
    message = N_("Please say to owners, in one sentence, what happens and why.")


def need_sentence(sentence: str) -> None:
    """SentenceMissing, beside its field, where nothing is said."""
    if not sentence.strip():
        raise SentenceMissing(fields={"sentence": SentenceMissing.message})


def split_names(text: str) -> tuple[str, ...]:
    """Names of models, hardware or regions in one field, separated by commas of any script, each once."""
    names = (" ".join(part.split()) for part in re.split(r"[,，、;；\n]", text))
    return tuple(dict.fromkeys(name for name in names if name))


def refused(form: BoundForm[Any], problem: Invalid) -> BoundForm[Any]:
    """The form with what a service objected to, each objection beside its field; above them all where it names none."""
    for name, message in (problem.fields or {"": problem.message}).items():
        form = form.refuse(name, message)
    return form
