"""A thing that is there: what the list above it names. Made-up identifiers are mostly answered with 404."""

from __future__ import annotations

import json
import re
from collections.abc import Generator
from dataclasses import replace
from urllib.parse import quote

from batten.live.exchange import Answer, NotAnswered, Question, attempt
from batten.live.survey import Call, Survey, identifier_of

_LAST = re.compile(r"^(.+)/\{([^{}/]+)\}$")


def existing(survey: Survey, call: Call, anonymous: bool = False) -> Generator[Question, Answer, Call | None]:
    """The same call for the first thing of the list that is documented one step above it, if there is one."""
    shape = _LAST.match(call.template)
    above = next((c for c in survey.calls if shape and c.template == shape[1]), None)
    if shape is None or above is None:
        return None
    request = survey.get(above.path, above.headers)
    answer = yield from attempt(replace(request, anonymous=anonymous))
    if isinstance(answer, NotAnswered) or answer.status != 200 or answer.truncated:
        return None
    try:
        name = _identifier(json.loads(answer.text), shape[2])
    except (ValueError, RecursionError):
        return None
    path, question, query = call.path.partition("?")
    return (
        replace(call, path=f"{path.rpartition('/')[0]}/{quote(name, safe='')}{question}{query}")
        if name
        else None
    )


def _identifier(document: object, parameter: str) -> str:
    """The parameter's value in the first object of the first list; "" when it has none of its names."""
    if isinstance(document, dict):
        document = next((v for v in document.values() if isinstance(v, list)), None)
    first = document[0] if isinstance(document, list) and document else None
    return identifier_of(first, parameter) if isinstance(first, dict) else ""
