"""What an engine sends itself: headers with every answer, and problem documents, all of one size."""

from __future__ import annotations

from batten.contract.titles import TITLES
from batten.facts import Content
from batten.guard.answers.problems import SIZE
from batten.guard.compiled import Compiled
from batten.policy import Policy, headers


def document(status: int, reference: str, length: int) -> str:
    """With an engine's variable for its reference, which `length` characters take the place of."""
    title = TITLES.get(status, "Error")
    told = f',"detail":"Reference: {reference}."' if reference else ""
    made = f'{{"type":"about:blank","title":"{title}","status":{status}{told}}}'
    return made + " " * (SIZE - len(made) + len(reference) - length)


def sent_headers(compiled: Compiled, policy: Policy, secure: bool) -> dict[str, str]:
    """With the guard's own values where it has one."""
    own = {p.name.decode(): p.value.decode() for p in compiled.protections[Content.API, secure]}
    values = {name: own.get(name.lower(), value) for name, value in headers.constant(policy).items()}
    return values if secure else {n: v for n, v in values.items() if n != "Strict-Transport-Security"}
