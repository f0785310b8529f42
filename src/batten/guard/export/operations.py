"""Operations as Lua tables, with their compiled schemas."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto

from batten.contract import Contract, Media, Operation, Response, Schema
from batten.contract.bundles import Bundles
from batten.contract.dialect import Direction
from batten.contract.surface import switches
from batten.guard.content.media_types import Kind, kind_of
from batten.guard.export.parameters import plan
from batten.guard.export.routes import Route, keeps_answers, refuses_undeclared
from batten.guard.lua import program
from batten.guard.lua.schemas import Compiler
from batten.guard.lua.text import names, quoted
from batten.guard.requests.credentials import Credential, Demand
from batten.guard.served import Served, is_json
from batten.model.record import record
from batten.policy.guarding import ReadOnly

_PROBLEM = b"application/problem+json"
_REFUSED = (400, 401, 413, 415, 422, 500)


class Part(Enum):
    """How much of an operation a module needs."""

    WHOLE = auto()
    ANSWERS = auto()
    NONE = auto()


@record
class Check:
    """A schema as `operations` has it, and what of it cannot be asked."""

    expression: str
    condition: str
    left_out: tuple[str, ...] = ()


@dataclass(slots=True)
class Operations:
    """Collects programs: `notes` say what of which operation they do not ask; `sockets` are the paths that batten.yaml lists."""

    contract: Contract
    routes: tuple[Route, ...]
    notes: dict[str, None] = field(default_factory=dict)
    sockets: tuple[str, ...] = ()
    _compiler: Compiler = field(default_factory=Compiler)
    _tables: dict[tuple[str, str], list[str]] = field(default_factory=dict)  # by route and method
    _checks: dict[tuple[str, Direction], Check] = field(default_factory=dict)
    _bundles: Bundles = field(init=False)

    def __post_init__(self) -> None:
        self._bundles = Bundles(self.contract)
        every = (served for route in self.routes for served in route.operations.values())
        self.notes.update(dict.fromkeys(left_out_of_all(every, self.sockets)))
        for route in self.routes:
            for method, served in route.operations.items():
                self._tables[route.key, method] = list(self._fields(route, served))

    def module(self, part: Callable[[Served], Part] = lambda _: Part.WHOLE) -> list[str]:
        """`R`, `F`, `G` and `operations`, by route and method, as statements."""
        tables: list[str] = []
        for route in self.routes:
            parts = {method: part(served) for method, served in route.operations.items()}
            if all(asked is Part.NONE for asked in parts.values()):
                continue
            tables.append("(function()")
            tables.append(f"operations.{route.key} = {{}}")
            for method, asked in parts.items():
                lines = self._tables[route.key, method]
                if asked is Part.ANSWERS:
                    lines = [line for line in lines if not line.startswith(("takes = ", "invalid = "))]
                if asked is not Part.NONE:
                    tables.append(f"operations.{route.key}[{quoted(method)}] = {{ {' '.join(lines)} }}")
            tables.append("end)();")
        return [
            "-- Written by `batten guard export` from the contract: change it, and export again.",
            *(f"-- Not enforced: {note}" for note in self.notes),
            *program.runtime(),
            *program.validators(self._compiler, tables),
            *program.source_of("guard").rstrip("\n").split("\n"),
            *program.source_of("parameters").rstrip("\n").split("\n"),
            "local operations = {}",
            *tables,
        ]

    def _fields(self, route: Route, served: Served) -> Iterator[str]:
        operation = served.operation
        self.notes.update(dict.fromkeys(left_out(served)))
        yield f"label = {quoted(served.label)}, method = {quoted(operation.method)},"
        if keeps_answers(served):
            yield "judged = true,"
        if served.has_ranges:
            yield "ranges = true,"
        if served.bucket:
            yield f"bucket = {served.bucket},"
        if served.demand.alternatives:
            yield f"demand = {_demand(served.demand)},"
            challenges = ", ".join(quoted(c.decode("ascii")) for c in served.demand.challenges)
            yield f"challenges = {{{challenges}}},"
        yield from self._parameters(route, served)
        if operation.body is not None:
            required = "true" if operation.body.required else "false"
            yield f"required = {required}, unfit = {_invalid(operation)},"
            media = self._media(served, operation.body.media, Direction.REQUEST, "request")
            yield f"takes = {media if operation.body.media else 'true'},"
        answers = (f"[{quoted(s.upper() if s != 'default' else s)}] = {self._answers(served, s, response)}"
                   for s, response in operation.responses.items())  # fmt: skip
        yield f"answers = {{{', '.join(answers)}}},"

    def _parameters(self, route: Route, served: Served) -> Iterator[str]:
        def checked(schema: Schema) -> str:
            found = self._found(schema, Direction.REQUEST)
            for what in found.left_out:
                self.notes[f"{served.label} parameters: {what}"] = None
            return found.condition

        made = plan(served, route, refuses_undeclared(served), self._compiler.parts, checked)
        if served.strips:
            self.notes[f"{served.label}: undeclared query parameters are passed, not stripped"] = None
        if made:
            yield f"invalid = {_invalid(served.operation)}, parameters = {made},"

    def _answers(self, served: Served, status: str, response: Response) -> str:
        if not response.known or status[:1] == "1":
            return "true"
        return self._media(served, response.media, Direction.RESPONSE, status) if response.media else "false"

    def _media(self, served: Served, media: Mapping[str, Media], direction: Direction, where: str) -> str:
        rows = []
        for name, one in reversed(list(media.items())):  # of two names that are one, the first counts
            key = name.partition(";")[0].strip().lower()
            check_where = f"{where} {name}"
            may_be_json = is_json(one.media_type) or "*" in one.media_type
            if one.schema is None or not may_be_json:
                check = "true"
            else:
                found = self._found(one.schema, direction)
                for what in found.left_out:
                    self.notes[f"{served.label} {check_where}: {what}"] = None
                check = found.expression
            rows.append(f"[{quoted(key)}] = {check}")
        return "{" + ", ".join(rows) + "}"

    def _found(self, schema: Schema, direction: Direction) -> Check:
        """Compiled once for all that refer to it."""
        key = json.dumps(self._bundles.body(schema, direction)), direction
        if key not in self._checks:
            self._checks[key] = self._compiled(schema, direction)
        return self._checks[key]

    def _compiled(self, schema: Schema, direction: Direction) -> Check:
        bundle = self._bundles.weakened(schema, direction)
        condition, reader, left_out = self._compiler.compile(bundle, direction.value)
        return Check("true" if condition == "true" else f"{{{reader}}}", condition, left_out)


def _invalid(operation: Operation) -> int:
    return 422 if "422" in operation.responses and "400" not in operation.responses else 400


def _demand(demand: Demand) -> str:
    return "{" + ", ".join("{" + ", ".join(map(_credential, one)) + "}" for one in demand.alternatives) + "}"


def _credential(credential: Credential) -> str:
    prefixes = f", {names(p.decode('ascii') for p in credential.prefixes)}" if credential.prefixes else ""
    return f"{{{quoted(credential.where)}, {quoted(credential.name.decode('ascii'))}{prefixes}}}"


def left_out(served: Served) -> Iterator[str]:
    """The bodies and headers of one operation that the guard in Python validates and the exported ones do not."""
    operation = served.operation
    for name in operation.body.media if operation.body is not None else ():
        bare = name.partition(";")[0].strip().lower()
        if "*" in bare and operation.body is not None and operation.body.media[name].schema is not None:
            yield f"{served.label} request {name}: bodies of other media types than JSON"
        elif kind_of(bare) is not Kind.JSON and _is_asked(served, bare):
            yield f"{served.label} request {name}: the body"
    for status, response in operation.responses.items():
        for name, media in response.media.items():
            if served.intakes.of_answer(media, name, served.validators).reader is not None:
                yield f"{served.label} {status} {name}: the body"
        for name in response.headers:
            if served.asks_header(status, name):
                yield f"{served.label} {status}: header {name}"


def left_out_of_all(operations: Iterable[Served], sockets: Iterable[str]) -> Iterator[str]:
    """The same of a whole contract; `sockets` are the paths of WebSockets that batten.yaml lists."""
    every = list(operations)
    shaped = sum(1 for served in every if any(_is_shaped(served, status) for status in _REFUSED))
    if shaped:
        yield f"the declared shape of refusals of {shaped} operations: they are problem documents"
    opened = [*(served.label for served in every if switches(served.operation)), *sockets]
    if opened:
        also = f" and {len(opened) - 1} more" if opened[1:] else ""
        yield f"the WebSocket of {opened[0]}{also}: no upgrade is forwarded, only other requests of the path"
    if every and every[0].intakes.read_only is not ReadOnly.REFUSE:
        yield "`read-only` of batten.yaml: readOnly properties in requests are refused"


def _is_asked(served: Served, name: str) -> bool:
    boundary = "; boundary=x" if kind_of(name) is Kind.MULTIPART else ""
    intake = served.intake(name + boundary)
    return bool(intake.objection) or intake.reader is not None


def _is_shaped(served: Served, status: int) -> bool:
    shape = served.shape(status)
    return shape is not None and shape.media_type != _PROBLEM
