"""A text as the single value that its schema asks for."""

from __future__ import annotations

from batten.contract.validators import Validators
from batten.guard.content.views import View
from batten.guard.parameters.texts import read


def leaf(text: str, view: View, validators: Validators) -> object:
    """As parameters are read; the text itself where it is of no type that is possible: the schema refuses it then."""
    return read(view.readings, text, validators)
