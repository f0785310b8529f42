"""Which function of an edge makes which remedy true."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Generic, TypeVar, cast

from batten.model import Fix, Remedy, Switch, TurnOff, TurnOn

S = TypeVar("S")
R = TypeVar("R", bound=Remedy)


class Writers(Generic[S]):
    """The writers of one technology; each is given `S`, what there is to know of the place.

    `off` and `on` are those of what is turned off and on; `of` adds that of another remedy.
    """

    def __init__(
        self,
        off: Mapping[Switch, Callable[[S], Fix | None]],
        on: Mapping[Switch, Callable[[S], Fix | None]],
    ) -> None:
        self._off, self._on = off, on
        self._of: dict[type[Remedy], Callable[[S, Remedy], Fix | None]] = {}

    def of(self, kind: type[R], writer: Callable[[S, R], Fix | None]) -> None:
        self._of[kind] = cast("Callable[[S, Remedy], Fix | None]", writer)

    def fix_of(self, spot: S, remedy: Remedy) -> Fix | None:
        """The edits that make the remedy true there; None where nobody writes it."""
        if isinstance(remedy, TurnOff | TurnOn):
            switch = self._off if isinstance(remedy, TurnOff) else self._on
            switched = switch.get(remedy.feature)
            return switched(spot) if switched is not None else None
        writer = self._of.get(type(remedy))
        return writer(spot, remedy) if writer is not None else None
