from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cache, partial
from importlib import import_module
from inspect import signature
from pkgutil import iter_modules
from typing import Any, get_type_hints

from batten.controls._custom import verdict
from batten.controls._plugins import plugins
from batten.facts import Fact
from batten.model import Bundle, Severity, Violation
from batten.model.record import record
from batten.policy import Custom, Policy

Judge = Callable[..., Iterable[Violation]]
Verdict = Callable[[Any, Policy], Iterable[Violation]]
CUSTOM = "custom"  # the family of what a user wrote in batten.yaml


@record
class Control:
    """One demand. Its slug is the function's name, the page, the waiver and the SARIF rule id."""

    slug: str
    title: str
    severity: Severity
    clauses: tuple[str, ...]  # of the mission: V4, P3 …
    references: tuple[str, ...]
    why: str
    about: type[Fact]
    judge: Verdict
    family: str  # the module that holds it
    private: Severity = Severity.MEDIUM  # the most that it is where no outsider has a way
    bundle: Bundle | None = None  # what it is one cause with, where all of it is low
    covers: tuple[str, ...] = ()  # slugs of broader controls that say the same of the same place
    explained: bool = False  # a comment beside the place that says why lowers it one step
    disowned: bool = (
        False  # a comment that says of a credential that it opens nothing that matters makes it low
    )


_controls: dict[str, list[Control]] = {}
_by_kind: dict[type[Fact], tuple[Control, ...]] = {}  # emptied whenever a judge registers


def control(
    title: str,
    severity: Severity,
    clauses: str,
    references: str = "",
    slug: str = "",
    *,
    private: Severity = Severity.MEDIUM,
    bundle: Bundle | None = None,
    covers: str = "",
    explained: bool = False,
    disowned: bool = False,
) -> Callable[[Judge], Judge]:
    """Register a judge: a generator over one fact (and the policy, when it takes a second parameter).

    The fact it is about is the type of its first parameter. `clauses`, `covers` and `references` are separated by
    blanks and commas. A demand made on several kinds of fact is several judges: the one that is named like the
    slug speaks for all, the others give it as `slug`. `private`, `bundle`, `covers`, `explained` and `disowned`: see Control.
    """

    def register(judge: Judge) -> Judge:
        parameters, name = _parameters(judge), slug or judge.__name__.replace("_", "-")
        verdict = judge if len(parameters) == 2 else (lambda fact, policy: judge(fact))
        _by_kind.clear()
        # The kind of fact that a parameter is written to take.
        parameter = parameters[0]
        written = judge.__annotations__.get(parameter)
        known = judge.__globals__.get(written) if isinstance(written, str) else written
        made = Control(
            name,
            title,
            severity,
            tuple(clauses.split()),
            tuple(r.strip() for r in references.split(",") if r.strip()),
            " ".join((judge.__doc__ or "").split()),
            known if isinstance(known, type) else get_type_hints(judge)[parameter],
            verdict,
            judge.__module__.rpartition(".")[2],
            private,
            bundle,
            tuple(covers.split()),
            explained,
            disowned,
        )
        _keep(made, first=not slug)
        return judge

    return register


def _parameters(judge: Judge) -> tuple[str, ...]:
    """The names of what a judge takes: of a plain function they are at hand."""
    code = getattr(judge, "__code__", None)
    if code is None or hasattr(judge, "__wrapped__"):
        return tuple(signature(judge).parameters)
    return tuple(code.co_varnames[: code.co_argcount])


def _keep(made: Control, *, first: bool) -> None:
    judges = _controls.setdefault(made.slug, [])
    judges.insert(0 if first else len(judges), made)


@cache
def _load() -> None:
    """Import every family, and what third parties offer under the entry point `batten.controls`."""
    package = import_module("batten.controls")
    for module in iter_modules(package.__path__):
        if not module.name.startswith("_"):
            import_module(f"batten.controls.{module.name}")
    for _ in plugins("batten.controls"):
        pass  # importing a module of judges registers them


def adopt(rows: Iterable[Custom]) -> None:
    """Make the rows of a policy controls like any other; those of an earlier policy are forgotten."""
    for slug in [slug for slug, judges in _controls.items() if judges[0].family == CUSTOM]:
        del _controls[slug]
        _by_kind.clear()
    for row in rows:
        asks = partial(verdict, row)
        made = Control(row.slug, row.title, row.severity, ("V1",), (), row.why, row.fact, asks, CUSTOM)
        _controls[row.slug] = [made]
        _by_kind.clear()


def judges_about(fact: Fact) -> tuple[Control, ...]:
    """The judges to ask about a fact, those of technologies loaded so far included."""
    _load()
    kind = type(fact)
    known = _by_kind.get(kind)
    if known is None:
        known = tuple(c for judges in _controls.values() for c in judges if issubclass(kind, c.about))
        _by_kind[kind] = known
    return known


def all_controls() -> dict[str, Control]:
    """Every control by slug, sorted; where it has several judges, the first stands for all."""
    _load()
    return {slug: _controls[slug][0] for slug in sorted(_controls)}


def registered() -> list[Control]:
    """Every judge there is, several of them for some slugs."""
    _load()
    return [judge for judges in _controls.values() for judge in judges]


def judges_of(slug: str) -> Iterator[Control]:
    _load()
    return iter(_controls.get(slug, ()))
