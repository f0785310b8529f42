"""Operations as Lua tables, with their compiled schemas."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from batten.contract import Contract, Media
from batten.contract.dialect import Bundles, Direction
from batten.contract.validators import SchemaProblem
from batten.guard.credentials import Credential, Demand
from batten.guard.export.routes import Route, keeps_answers
from batten.guard.lua import program
from batten.guard.lua.schemas import Compiler
from batten.guard.lua.text import indented, names, quoted
from batten.guard.served import Served, is_json


@dataclass(slots=True)
class Operations:
    """Collects one program: `notes` say what of which operation it does not ask."""

    contract: Contract
    compiler: Compiler = field(default_factory=Compiler)
    notes: dict[str, None] = field(default_factory=dict)
    _bundles: Bundles = field(init=False)

    def __post_init__(self) -> None:
        self._bundles = Bundles(self.contract)

    def module(self, routes: Iterable[Route]) -> list[str]:
        """`R`, `F`, `G` and `operations`, by route and method, as statements."""
        tables = list(self._tables(routes))  # first, for they fill the compiler
        return [
            "-- Written by `batten guard export` from the contract: change it, and export again.",
            *(f"-- Not enforced: {note}" for note in self.notes),
            *program.runtime(),
            *program.validators(self.compiler),
            *program.source_of("guard").rstrip("\n").split("\n"),
            "local operations = {}",
            *tables,
        ]

    def _tables(self, routes: Iterable[Route]) -> Iterator[str]:
        for route in routes:
            yield "(function()"
            yield f"  operations.{route.key} = {{}}"
            for method, served in route.operations.items():
                yield f"  operations.{route.key}[{quoted(method)}] = {{"
                yield from indented(indented(self._fields(served)))
                yield "  }"
            yield "end)();"

    def _fields(self, served: Served) -> Iterator[str]:
        operation = served.operation
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
        if operation.body is not None:
            unfit = 422 if "422" in operation.responses and "400" not in operation.responses else 400
            yield f"required = {'true' if operation.body.required else 'false'}, unfit = {unfit},"
            media = self._media(served, operation.body.media, Direction.REQUEST, "request")
            yield f"takes = {media if operation.body.media else 'true'},"
        yield "answers = {"
        for status, response in operation.responses.items():
            shown = status.upper() if status != "default" else status
            if not response.known or status[:1] == "1":
                value = "true"
            elif not response.media:
                value = "false"
            else:
                value = self._media(served, response.media, Direction.RESPONSE, status)
            yield f"  [{quoted(shown)}] = {value},"
        yield "},"

    def _media(self, served: Served, media: Mapping[str, Media], direction: Direction, where: str) -> str:
        rows = []
        for name, one in reversed(list(media.items())):  # of two names that are one, the first counts
            key = name.partition(";")[0].strip().lower()
            rows.append(f"[{quoted(key)}] = {self._check(served, one, direction, f'{where} {name}')}")
        return "{" + ", ".join(rows) + "}"

    def _check(self, served: Served, media: Media, direction: Direction, where: str) -> str:
        may_be_json = is_json(media.media_type) or "*" in media.media_type
        if media.schema is None or not may_be_json:
            return "true"
        try:
            served.validators.validator(media.schema, direction)
        except SchemaProblem as problem:
            self.notes[f"{served.label} {where}: {problem}; its bodies are refused"] = None
            return '"broken"'
        condition, reader, left_out = self.compiler.compile(self._bundles.weakened(media.schema, direction))
        for what in left_out:
            self.notes[f"{served.label} {where}: {what}"] = None
        return "true" if condition == "true" else f"{{{reader}, function(v) return {condition} end}}"


def _demand(demand: Demand) -> str:
    return "{" + ", ".join("{" + ", ".join(map(_credential, one)) + "}" for one in demand.alternatives) + "}"


def _credential(credential: Credential) -> str:
    prefixes = f", {names(p.decode('ascii') for p in credential.prefixes)}" if credential.prefixes else ""
    return f"{{{quoted(credential.where)}, {quoted(credential.name.decode('ascii'))}{prefixes}}}"
