"""OSV's API: `POST /v1/querybatch` with its pages, and `GET /v1/vulns/{id}`. Names and versions of packages are all that is sent.

Sources: https://google.github.io/osv.dev/post-v1-querybatch/, https://google.github.io/osv.dev/get-v1-vulns/.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from urllib.parse import quote

import msgspec

from batten.advisories.database import filed, releases
from batten.advisories.ratings import rated
from batten.advisories.records import (
    LARGEST,
    BadRecord,
    Entry,
    Published,
    entry_of,
    named,
    published,
)
from batten.advisories.web import Unavailable, Web
from batten.model.record import record

USUAL = "https://api.osv.dev"
SECONDS = 300.0  # for all requests of one run
BATCH = 500  # queries of one request
MOST_PAGES = 200  # of one batch
MOST_RECORDS = 20_000  # of one run
ANSWER = 64 << 20  # bytes of a list of ids
AT_ONCE = 8  # records


@record
class Asked:
    """A package at a version, as the API names it."""

    ecosystem: str
    name: str
    version: str


class _Vuln(msgspec.Struct):
    id: str


class _Result(msgspec.Struct):
    vulns: list[_Vuln] | None = None
    next_page_token: str | None = None


class _Results(msgspec.Struct):
    results: list[_Result | None] | None = None


@dataclass(slots=True)
class Api:
    """The API at one address, for one run. What it answered once is not asked again."""

    web: Web
    _records: dict[str, Published | None] = field(default_factory=dict)
    _known: dict[Asked, tuple[Entry, ...]] = field(default_factory=dict)

    def about(self, packages: Iterable[Asked]) -> dict[Asked, tuple[Entry, ...]]:
        """What affects each of the packages. Raises Unavailable."""
        asked = list(dict.fromkeys(packages))
        fresh = [one for one in asked if one not in self._known]
        for start in range(0, len(fresh), BATCH):
            self._batch(fresh[start : start + BATCH])
        return {one: self._known[one] for one in asked}

    def _batch(self, asked: Sequence[Asked]) -> None:
        ids: dict[Asked, list[str]] = {one: [] for one in asked}
        pending = [(one, "") for one in asked]
        for _ in range(MOST_PAGES):
            if not pending:
                break
            pending = self._page(pending, ids)
        else:
            raise Unavailable(f"{self.web.url} has more than {MOST_PAGES} pages of answers")
        wanted = sorted({name for found in ids.values() for name in found} - self._records.keys())
        if len(wanted) + len(self._records) > MOST_RECORDS:
            raise Unavailable(f"{self.web.url} names more than {MOST_RECORDS:,} advisories")
        with ThreadPoolExecutor(AT_ONCE) as pool:
            self._records.update(zip(wanted, pool.map(self._record, wanted), strict=True))
        for one, found in ids.items():
            self._known[one] = tuple(e for name in dict.fromkeys(found) for e in self._entries(name, one))

    def _page(self, pending: list[tuple[Asked, str]], ids: dict[Asked, list[str]]) -> list[tuple[Asked, str]]:
        """One page of the answers to these queries; what has another page is asked for that."""
        body = msgspec.json.encode({"queries": [_query(one, token) for one, token in pending]})
        answer = self.web.post("/v1/querybatch", body, ANSWER)
        try:
            results = msgspec.json.decode(answer, type=_Results).results or []
        except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
            raise Unavailable(f"{self.web.url} does not answer as OSV's API does: {error}") from error
        if len(results) != len(pending):
            raise Unavailable(f"{self.web.url} answered {len(pending)} questions with {len(results)} answers")
        more = []
        for (one, _), result in zip(pending, results, strict=True):
            if result is not None:
                ids[one] += [vuln.id for vuln in result.vulns or ()]
                more += [(one, result.next_page_token)] if result.next_page_token else []
        return more

    def _record(self, name: str) -> Published | None:
        """A record; None for one that is gone or not valid."""
        try:
            return published(self.web.get(f"/v1/vulns/{quote(name, safe='')}", LARGEST))
        except BadRecord as error:
            raise Unavailable(f"{self.web.url} has no readable record of {name[:100]}: {error}") from error
        except Unavailable as error:
            if error.status == 404:
                return None
            raise

    def _entries(self, name: str, one: Asked) -> Iterable[Entry]:
        """What a record says of the package."""
        found = self._records[name]
        names = releases(one.ecosystem)
        for package, affected in named(found) if found is not None else ():
            same = filed(package.ecosystem, package.name) == filed(one.ecosystem, one.name)
            if same and package.ecosystem in names:
                yield entry_of(found, affected, rated(found, affected))  # type: ignore[arg-type]


def _query(one: Asked, token: str) -> dict[str, object]:
    query: dict[str, object] = {
        "package": {"ecosystem": releases(one.ecosystem)[-1], "name": one.name},
        "version": one.version,
    }
    return query | ({"page_token": token} if token else {})
