"""Workflows of Arazzo 1: which operations their steps call, what they send, and where their sources come from.

Source: https://spec.openapis.org/arazzo/v1.0.1.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote

from batten.contract import Contract, Place, load
from batten.contract.names import is_credential
from batten.contract.references import References, Target
from batten.contract.source import Sources
from batten.facts import Fact, Outgoing, Parameter, Secret, WorkflowStep
from batten.formats import SyntaxProblem, Unreadable, Workspace
from batten.formats.tree import Plain
from batten.model import ABSENT, Problem, Setting
from batten.model.record import record
from batten.technologies.shared.secrets import credentials

_NAMED = re.compile(r"\$sourceDescriptions\.([\w-]+)\.(.+)")
_PATH = re.compile(r"\{?\$sourceDescriptions\.([\w-]+)\.url\}?#/(.+)")
_EXPRESSION = re.compile(r"^\$|\{\$")
_SCHEME = re.compile(r"(?i)(?:bearer|basic|token)\s+")

MOST_VALUES = 100_000  # of one payload: aliases of YAML may repeat without end

_Object = dict[str, Plain]


@record(kw_only=True)
class _Description:
    """`contracts` has each source by its name: None where it is no OpenAPI document of the reviewed files."""

    root: Place
    document: _Object
    references: References
    contracts: dict[str, Contract | None]


def workflows(path: str, workspace: Workspace) -> Iterator[Fact | Problem]:
    """The steps of a document's workflows, its sources, and the credentials in it. Raises Unreadable and SyntaxProblem."""
    sources = Sources(workspace)
    document = sources.open(path).data
    if not isinstance(document, dict):
        return
    found = _Description(root=Place(path), document=document, references=References(sources), contracts={})
    yield from _sources(found, workspace)
    for index, workflow in enumerate(_list(document.get("workflows"))):
        if isinstance(workflow, dict):
            workflow_place = found.root / "workflows" / str(index)
            identity = workflow.get("workflowId")
            shared = list(_parameters(found, workflow, workflow_place))
            yield from _secrets(found, shared)
            yield from _defaults(found, workflow.get("inputs"), workflow_place / "inputs")
            for workflow_index, step in enumerate(_list(workflow.get("steps"))):
                at = workflow_place / "steps" / str(workflow_index)
                if not isinstance(step, dict):
                    continue
                own = list(_parameters(found, step, at))
                yield from _secrets(found, own)
                body = step.get("requestBody")
                if isinstance(body, dict):
                    yield from _literals(found, body.get("payload"), at / "requestBody" / "payload", "")
                yield _step(found, step, at, f"step `{step.get('stepId')}` of the workflow `{identity}`", own)
    components, place = found.references.members(document, found.root, "components", "parameters")
    for name, value in components.items():
        yield from _literals(found, value, place / name, "")
    inputs, place = found.references.members(document, found.root, "components", "inputs")
    for name, value in inputs.items():
        yield from _defaults(found, value, place / name)
    yield from found.references.problems


def _sources(found: _Description, workspace: Workspace) -> Iterator[Fact]:
    for index, source in enumerate(_list(found.document.get("sourceDescriptions"))):
        place = found.root / "sourceDescriptions" / str(index)
        name, url = (source.get(key) for key in ("name", "url")) if isinstance(source, dict) else ("", "")
        if not isinstance(name, str) or not isinstance(url, str) or not name or not url:
            continue
        path = workspace.resolve(found.root.source, unquote(url)) if ":" not in url else None
        if path is None or not workspace.exists(path):
            found.contracts[name] = None
        else:
            try:
                found.contracts[name] = load(workspace, path)[0]
            except (Unreadable, SyntaxProblem):
                found.contracts[name] = None
        at = found.references.sources.block(place)
        written = found.references.sources.value(place / "url")
        yield Outgoing(
            at,
            name=f"the source `{name}`",
            url=Setting(url, written),
            chosen=Setting(ABSENT, at),
            security=Setting((), at),
            signed=True,
        )


def _step(found: _Description, step: _Object, place: Place, name: str, sent: list[Target]) -> WorkflowStep:
    written = step.get("operationId", step.get("operationPath"))
    calls = written if isinstance(written, str) else ""
    if "operationPath" in step:
        named = _PATH.fullmatch(calls)
        contract = found.contracts.get(named[1]) if named is not None else None
        if named is None or contract is None:
            known = None
        else:
            tokens = [unquote(t).replace("~1", "/").replace("~0", "~") for t in named[2].split("/")]
            if len(tokens) != len(("paths", "template", "method")) or tokens[0] != "paths":
                known = None
            else:
                known = any(
                    o.template == tokens[1] and o.method.lower() == tokens[2].lower()
                    for o in contract.operations
                )
    else:
        known_named = _NAMED.fullmatch(calls)
        if known_named is not None:
            contracts = [found.contracts.get(known_named[1])]
        else:
            contracts = list(found.contracts.values())
        identity = known_named[2] if known_named is not None else calls
        if any(o.operation_id == identity for c in contracts if c is not None for o in c.operations):
            known = True
        else:
            known = False if contracts and None not in contracts else None
    return WorkflowStep(
        found.references.sources.block(place),
        name=name,
        calls=calls,
        declared=known if calls else None,
        parameters=tuple(_sent(found, sent)),
    )


def _parameters(found: _Description, holder: _Object, place: Place) -> Iterator[Target]:
    for index, value in enumerate(_list(holder.get("parameters"))):
        if isinstance(value, dict) and "reference" not in value:
            yield Target(place / "parameters" / str(index), value)


def _sent(found: _Description, parameters: list[Target]) -> Iterator[Parameter]:
    for target in parameters:
        value = target.value if isinstance(target.value, dict) else {}
        name, where = value.get("name"), value.get("in")
        if isinstance(name, str) and isinstance(where, str):
            at = found.references.sources.block(target.place)
            yield Parameter(at, name, where, is_credential(name))


def _secrets(found: _Description, parameters: list[Target]) -> Iterator[Secret]:
    for target in parameters:
        yield from _literals(found, target.value, target.place, "")


def _literals(found: _Description, value: Plain, place: Place, name: str) -> Iterator[Secret]:
    """Credentials that are written where an expression could name an input; a parameter is called by its `name`."""
    pending = [(value, place, name)]
    for _ in range(MOST_VALUES):
        if not pending:
            break
        here, at, called = pending.pop()
        if isinstance(here, dict):
            own = here.get("name")
            named = own if isinstance(own, str) and "value" in here else ""
            pending += [(v, at / k, named if named and k == "value" else k) for k, v in here.items()]
        elif isinstance(here, list):
            pending += [(v, at / str(n), called) for n, v in enumerate(here)]
        elif isinstance(here, str) and not _EXPRESSION.search(here):
            yield from _literal(found, here, at, called)


def _literal(found: _Description, text: str, place: Place, name: str) -> Iterator[Secret]:
    scheme = _SCHEME.match(text) if name.lower() == "authorization" else None
    held = credentials.found("token" if scheme else name, text[scheme.end() :] if scheme else text)
    if held is not None:
        yield credentials.in_config(found.references.sources.value(place), name, held)


def _defaults(found: _Description, schema: Plain, place: Place) -> Iterator[Secret]:
    """The defaults of inputs whose names are those of credentials."""
    properties, where = found.references.members(schema, place, "properties")
    for name, value in properties.items():
        if isinstance(value, dict) and isinstance(value.get("default"), str):
            yield from _literal(found, str(value["default"]), where / name / "default", name)


def _list(value: Plain) -> list[Plain]:
    return value if isinstance(value, list) else []
