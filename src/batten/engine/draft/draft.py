"""All that a first batten.yaml says, and what it leaves open."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from batten.engine.draft.contracts import Contracts, contracts, public, says_nothing_is_required
from batten.engine.draft.environments import Proposed, environments, local
from batten.engine.draft.evidence import MOST, Find, line_of
from batten.engine.draft.folders import Proposal, effect, proposals
from batten.engine.draft.hosts import Hosts, hosts
from batten.engine.draft.origins import Origins, origins
from batten.engine.draft.places import Place, places
from batten.engine.link import link
from batten.engine.review import Review
from batten.facts import Content, of_all
from batten.model.record import record


@record
class Served:
    """Rows that something shows, and hosts of which nothing does."""

    rows: tuple[tuple[Find, Content], ...]
    unknown: tuple[str, ...]


_MOST_NAMED = 3


@record(kw_only=True)
class Draft:
    """`missing` are sentences: the key of batten.yaml, what was not found, and what to do."""

    technologies: tuple[str, ...]
    files: int
    contracts: Contracts
    environments: tuple[Proposed, ...]
    local: tuple[Find, ...]
    origins: Origins
    public: tuple[Find, ...]
    served: Served
    contexts: tuple[Proposal, ...]
    missing: tuple[str, ...]

    @property
    def hosts(self) -> tuple[Find, ...]:
        """The names that the environments' APIs are called by."""
        return tuple(Find(one.host, one.url.shown) for one in self.environments)


def drafted(result: Review) -> Draft:
    """What the files that were read show. Nothing is run or fetched."""
    names = hosts(result)
    documents = contracts(result, names)
    main = documents.chosen.value if documents.chosen is not None else ""
    proposed = tuple(environments(names, main))
    own = [main, *(one.contract for one in proposed)] if main else [one.value for one in documents.others]
    # What the hosts of edges serve. A host that serves one thing on all its paths has one row.
    by_host: dict[str, list[Place]] = {}
    for place in places(result.facts, link(result.facts, result.contexts.of), result.policy):
        for name in place.names:
            if name in names.found:
                by_host.setdefault(name, []).append(place)
    rows = [row for name, own in by_host.items() for row in _rows(name, own, result)]
    told = {row.value.partition("/")[0] for row, _ in rows}
    forwarding = [h.name for h in names.found.values() if h.forwards and not h.local]
    found = Draft(
        technologies=tuple(sorted({u.technology for u in result.units})),
        files=len(result.owners),
        contracts=documents,
        environments=proposed,
        local=local(names),
        origins=origins(result),
        public=public(result, filter(None, own)),
        served=Served(tuple(rows), tuple(name for name in forwarding if name not in told)),
        contexts=proposals(result),
        missing=(),
    )
    return replace(found, missing=tuple(_missing(found, names, result)))


def _missing(found: Draft, names: Hosts, result: Review) -> Iterator[str]:
    documents = found.contracts
    if documents.chosen is None and documents.others:
        many = _few([one.value for one in documents.others])
        yield f"contract: {len(documents.others)} OpenAPI documents, and nothing decides between them ({many}); name one"
    elif documents.chosen is None:
        yield "contract: no OpenAPI document; export one from the application, or write one"
    if names.unusable:
        environments_shown = _few(dict.fromkeys(names.unusable))
        yield f"environments: hosts that are not addresses: {environments_shown}; add the addresses that they stand for"
    if found.local and not found.environments:
        environments_shown = _few([one.value for one in found.local])
        yield f"environments: only addresses of this machine or network ({environments_shown}); add the public one"
    elif not found.environments and not names.unusable:
        yield "environments: no host name at an edge or in a contract; add the address of a running system"
    if found.origins.open:
        shown = _few([f"{said} ({place})" for place, said in found.origins.open])
        yield f"origins: CORS settings allow {shown}; list the origins of your pages"
    elif not found.origins.named:
        yield "origins: no CORS setting names one; list the origins of pages that call the API, if there are any"
    chosen = found.contracts.chosen
    for place in says_nothing_is_required(result, (chosen.value,) if chosen is not None else ()):
        yield f"public: {place} requires no credential for the whole contract; list what is meant to be public"
    if found.served.unknown:
        yield f"content: nothing shows what is served at {_few(found.served.unknown)}; write api, pages, both or assets"
    for row in found.contexts:
        yield f"contexts: is {row.glob.removesuffix('**')} for {row.context.value}? If so, uncomment its row, which {effect(row)}"


def _few(texts: Iterable[str]) -> str:
    kept = list(texts)
    rest = f" and {len(kept) - _MOST_NAMED} more" if len(kept) > _MOST_NAMED else ""
    return ", ".join(kept[:_MOST_NAMED]) + rest


def _rows(name: str, every: list[Place], result: Review) -> Iterator[tuple[Find, Content]]:
    """What a host serves over TLS, where it has it: the rest is mostly redirects."""
    own = [place for place in every if place.over_tls] or every
    by_path: dict[str, list[Place]] = {}
    for place in own:
        by_path.setdefault(place.path, []).append(place)
    kinds = {path: of_all(place.content for place in there) for path, there in by_path.items()}
    whole = kinds.get("/", Content.UNKNOWN)
    for path, kind in kinds.items():
        if kind is not Content.UNKNOWN and (path == "/" or kind is not whole):
            shown = [line_of(at, result) for place in by_path[path] for at in (*place.shown, place.at)]
            value = name if path == "/" else name + path.rstrip("/")
            yield Find(value, tuple(dict.fromkeys(shown))[:MOST]), kind
