"""Running systems, as the names of their hosts show them."""

from __future__ import annotations

from collections.abc import Iterator

from batten.engine.draft.evidence import MOST, Find
from batten.engine.draft.hosts import Host, Hosts, first
from batten.engine.draft.names import Stage
from batten.model.record import record


@record(kw_only=True)
class Proposed:
    """An environment for batten.yaml. `plain` and `contract` are "" for none; `others` are hosts of the same kind, of
    which batten can probe one as this environment."""

    name: str
    host: str
    url: Find
    plain: str = ""
    contract: str = ""
    others: tuple[Find, ...] = ()


def environments(hosts: Hosts, contract: str) -> Iterator[Proposed]:
    """One for each kind, in the order in which a change travels; `contract` is the one of all others."""
    for stage in Stage:
        same = [h for h in hosts.found.values() if not h.local and h.stage is stage]
        if not same:
            continue
        chosen, *others = first([h for h in same if h.served or h.forwards] or same)
        yield Proposed(
            name=stage.value,
            host=chosen.name,
            url=_url(chosen),
            plain=chosen.plain,
            contract=_own(chosen, contract),
            others=tuple(_url(h) for h in others),
        )


def local(hosts: Hosts) -> tuple[Find, ...]:
    """Addresses of developers' machines and private networks."""
    return tuple(_url(h) for h in hosts.found.values() if h.local)


def _url(host: Host) -> Find:
    guessed = "" if host.ports else "no listener shows its scheme"
    return Find(host.url, tuple(dict.fromkeys(host.shown))[:MOST], guessed)


def _own(host: Host, contract: str) -> str:
    named = dict.fromkeys(host.contracts)
    return next(iter(named)) if len(named) == 1 and contract not in named else ""
