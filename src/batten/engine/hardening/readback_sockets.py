"""Whether a rendered edge forwards WebSockets at the paths that were asked for, for pages of the asked origins, and nowhere else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from urllib.parse import unquote

from batten.contract.surface import EXPRESSION, Path
from batten.engine.hardening.readback_kinds import GO, SAMPLE
from batten.facts import Fact, SocketRoute
from batten.harden.edge import Edge
from batten.patterns import BadPattern, compiled


def websockets(edge: Edge, facts: list[Fact]) -> list[str] | None:
    """What differs; None where there should be some and a reader knows none."""
    found = [fact for fact in facts if isinstance(fact, SocketRoute)]
    if edge.sockets and not found:
        return None
    missing = {path.template: path for path in edge.sockets}
    wrong: list[str] = []
    for one in found:
        path = _asked(
            one, (*missing.values(), *edge.sockets)
        )  # an engine may have several routes for one path
        if path is None:
            wrong.append(f"{one.regex or one.path} takes them, and was not asked for")
            continue
        missing.pop(path.template, None)
        wrong += (f"{path.template}: {line}" for line in _origins(edge, one))
    return [*wrong, *(f"{template} takes none" for template in missing)]


def _asked(one: SocketRoute, paths: Iterable[Path]) -> Path | None:
    """Engines spell expressions in ways of their own; those are told by a path that they take."""
    known = list(paths)
    written = one.path if one.match == "exact" else one.regex
    same = (p for p in known if written in (p.fixed, p.sent) or written in (p.pattern, p.sent_pattern))
    return next(same, None) or (next(_taken(one.regex, known), None) if one.match != "exact" else None)


def _taken(expression: str, paths: Iterable[Path]) -> Iterator[Path]:
    if not expression:
        return
    try:
        pattern = compiled(expression.replace(*GO))
    except BadPattern:
        return
    for path in paths:
        spelled = (unquote(path.template), path.sent)
        if any(pattern.search(SAMPLE.join(EXPRESSION.split(text))) for text in spelled):
            yield path


def _origins(edge: Edge, one: SocketRoute) -> Iterator[str]:
    asked, read = set(edge.openers), one.origins.known(None)
    if read is None:
        yield "pages of any origin may open them, as far as is read"
        return
    more, less = sorted(set(read) - asked - {""}), sorted(asked - set(read))
    if more:
        yield f"pages of origins that were not asked for may open them: {', '.join(more)}"
    if less:
        yield f"pages of {', '.join(less)} may not open them"
