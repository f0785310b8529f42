"""Conditions of jobs and steps that do not say what they seem to.

Sources: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#jobsjob_idif,
https://docs.github.com/en/actions/reference/workflows-and-actions/expressions#contains
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.facts import PipelineStep
from batten.formats.tree import Scalar
from batten.model import Switch
from batten.technologies.pipelines.github_actions.expressions import expressions, meaning
from batten.technologies.pipelines.github_actions.workflows import Flow
from batten.technologies.shared.text.fields import Field

# Who pushed or commented last: on a pull request of a bot's, anyone makes the bot that, by a comment that it answers.
ACTORS = frozenset(
    (
        "github.actor",
        "github.triggering_actor",
        "github.event.sender.login",
        "github.event.pull_request.sender.login",
    )
)
_CHOSEN = re.compile(
    r"github\.(?:ref|ref_name|head_ref|base_ref|actor|triggering_actor|event\..*(?:login|ref|title))"
)


def conditions(flow: Flow) -> Iterator[PipelineStep]:
    """The facts of every `if` of a file."""
    for holder in flow.holders():
        yield from _condition(flow, holder["if"])
        for step in flow.steps(holder):
            yield from _condition(flow, step.field["if"])


def _condition(flow: Flow, said: Field) -> Iterator[PipelineStep]:
    if not isinstance(said.node, Scalar) or not isinstance(said.node.value, str):
        return
    text = said.node.value
    written = list(expressions(text))
    if written and not _alone(text):
        yield PipelineStep(said.here, weakness=Switch.TRUE_CONDITION, what=" ".join(text.split()))
        return
    read = meaning(written[0].body if len(written) == 1 else text.strip())
    if read is not None:
        for context, words in read.compared:
            if context in ACTORS and words.lower().endswith("[bot]"):
                what = f"{context} == '{words}'"
                yield PipelineStep(said.here, weakness=Switch.BOT_NAME, what=what, privileged=flow.exposed)
                return
        for call in read.calls:
            if call.name != "contains" or len(call.texts) != 2 or call.texts[0] is None:
                continue
            chosen = next((c for c in call.contexts[1] if _CHOSEN.fullmatch(c)), None)
            if chosen is not None:
                yield PipelineStep(said.here, weakness=Switch.SUBSTRING_CONDITION, what=chosen)
                return


def _alone(text: str) -> bool:
    """Whether GitHub takes the text for one expression: nothing is before it or behind it, not even a line end.
    Source: https://github.com/actions/runner/issues/1173"""
    return re.fullmatch(r"\$\{\{(?:'[^']*'|[^'}]|\}(?!\}))*\}\}", text) is not None
