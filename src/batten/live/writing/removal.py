"""Removing what an active assessment created: only what is proved to be its own, and only as the contract documents it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from batten.live.exchange import NotAnswered, Request, Response
from batten.live.writing.created import Writing, address_of, identifiers
from batten.model import Created

TURNS = (
    7  # requests that are kept for what one may create: the list; of two things GET, DELETE, and GET again
)
GONE = frozenset({404, 410})

NO_ADDRESS = "no answer names its address"
NO_ANSWER = "the request was not answered, and no list shows whether it created something"
NO_DELETE = "the contract documents no DELETE for it"
UNPROVED = "it cannot be proved that this run created it"
STAYS = "it is still there after DELETE"
NO_TIME = "the time for removing was over"
NOT_THERE = "GET does not find it"

Ask = Callable[[Request], Awaitable[Response]]


@dataclass(slots=True)
class Remover:
    """`ask` sends a request with the environment's credentials. Lists are asked for once."""

    ask: Ask
    _lists: dict[str, Response | None] = field(default_factory=dict)
    _items: dict[Writing, tuple[str, ...]] = field(default_factory=dict)
    _done: dict[str, Created] = field(default_factory=dict)  # by address

    async def all(self, writings: Iterable[Writing]) -> None:
        """The last one first: things may hang on those before them."""
        for writing in reversed(tuple(writings)):
            self._items[writing] = writing.items or await self._searched(writing)
            for item in self._items[writing]:
                if item not in self._done:
                    self._done[item] = await self._tried(writing, item)

    def created(self, writings: Iterable[Writing]) -> list[Created]:
        """What became of each, as far as it was looked at."""
        return list(dict.fromkeys(one for writing in writings for one in self._of(writing)))

    def leaves(self, writing: Writing) -> bool:
        """Whether there is something that another try may remove."""
        if any(one.address and not one.removed for one in self._of(writing)):
            return True
        unseen = bool(writing.listing) and self._lists.get(writing.listing) is None
        return (not writing.status and writing not in self._items) or (unseen and bool(self._of(writing)))

    def _of(self, writing: Writing) -> list[Created]:
        items = self._items.get(writing, writing.items)
        if items:
            return [self._done.get(item, _created(writing, item, reason=NO_TIME)) for item in items]
        if writing.status >= 500 or self._unchanged(writing):
            return []
        return [_created(writing, reason=NO_ADDRESS if writing.status else NO_ANSWER)]

    async def _tried(self, writing: Writing, item: str) -> Created:
        try:
            return await self._removed(writing, item)
        except NotAnswered as error:
            return _created(writing, item, reason=str(error))
        except Exception as error:  # its words may hold what the target said
            what = f"internal error ({type(error).__name__}): please report it"
            return _created(writing, item, reason=what)

    def _unchanged(self, writing: Writing) -> bool:
        """Whether the list shows nothing that it did not show before, and that no other request is known to have created."""
        listed = self._lists.get(writing.listing)
        now = identifiers(listed, writing) if listed is not None else None
        if now is None or writing.before is None:
            return False
        return all(address_of(writing, name) in self._done for name in set(now) - set(writing.before))

    async def _searched(self, writing: Writing) -> tuple[str, ...]:
        """Addresses of things in the list that hold the label of the run."""
        listed = await self._list(writing) if writing.listing else None
        if listed is None or not writing.label:
            return ()
        names = identifiers(listed, writing, writing.label)
        return tuple(address_of(writing, name) for name in names or ())

    async def _list(self, writing: Writing) -> Response | None:
        if writing.listing not in self._lists:
            try:
                self._lists[writing.listing] = await self.ask(Request("GET", writing.listing))
            except NotAnswered:
                self._lists[writing.listing] = None
        return self._lists[writing.listing]

    async def _removed(self, writing: Writing, item: str) -> Created:
        if writing.method == "PUT":
            known = item == writing.url
        else:
            # Whether an address is one identifier below the place that was asked, so that the contract's DELETE is
            # for it.
            parts, name = urlsplit(item), item.removeprefix(writing.inside)
            plain = (
                bool(writing.inside)
                and name != item
                and not parts.query
                and name.strip("/") not in ("", ".", "..")
            )
            known = plain and "/" not in name.rstrip("/")
        if not (writing.removable and known):
            return _created(writing, item, reason=NO_DELETE)
        there = await self.ask(Request("GET", item)) if writing.readable else None
        if there is not None and there.status in GONE:
            return _created(writing, item, reason=NOT_THERE, removed=True)
        if not await self._own(writing, item, there):
            return _created(writing, item, reason=UNPROVED)
        answer = await self.ask(Request("DELETE", item, active=True))
        if answer.status not in (200, 202, 204, *GONE):
            return _created(writing, item, reason=f"DELETE was answered with {answer.status}")
        after = await self.ask(Request("GET", item)) if writing.readable else None
        stays = after is not None and after.status not in GONE
        return _created(writing, item, reason=STAYS if stays else "", removed=not stays)

    async def _own(self, writing: Writing, item: str, there: Response | None) -> bool:
        """Whether this run created it: the list did not show it before, and does now, with all that it showed before; or,
        where there is no list, it was answered with 201 and carries the label of the run. A thing that was there before is
        never removed, whatever an answer says."""
        labelled = (
            bool(writing.label) and there is not None and there.status == 200 and writing.label in there.text
        )
        if writing.method == "PUT":
            return labelled and writing.status == 201 and writing.before == ()
        listed = await self._list(writing) if writing.listing else None
        now = identifiers(listed, writing) if listed is not None else None
        if writing.before is None or now is None:
            return labelled and writing.status == 201 and not writing.listing
        names = {address_of(writing, name): name for name in now}
        grown = item in names and names[item] not in writing.before and set(writing.before) <= set(now)
        marked = identifiers(listed, writing, writing.label) if listed is not None and writing.label else ()
        return grown and (item in writing.items or labelled or names[item] in (marked or ()))


def _created(writing: Writing, address: str = "", *, reason: str, removed: bool = False) -> Created:
    return Created(writing.method, writing.url, writing.status, address, removed, reason)
