"""Overlays laid over a document in memory: what they add and replace keeps the place where it is written.

Source: https://spec.openapis.org/overlay/v1.1.0.html
"""

from __future__ import annotations

from collections.abc import Iterator

from batten.contract.source import Place, Source, Sources
from batten.formats import SyntaxProblem, Unreadable
from batten.formats.jsonpath import Run, select
from batten.formats.tree import Plain
from batten.model import Problem

MOST_VALUES = 500_000  # that the actions of an overlay insert: copies of copies would be without end
_HINT = "correct the action: batten applies the others"
_Tokens = tuple[str, ...]


class _Refused(Exception):
    """An action cannot be applied; the sentence says why."""


def lay(sources: Sources, path: str, overlay: str) -> Iterator[Problem]:
    """Apply an overlay's actions to a document that is open, in their order; a problem for each that cannot be applied."""
    base = sources.files[path]
    try:
        data = sources.open(overlay).data
        listed = data.get("actions") if isinstance(data, dict) else None
        actions = listed if isinstance(listed, list) else []
        target = _Target(base)
    except (SyntaxProblem, Unreadable, _Refused) as error:
        yield Problem(overlay, "read", f"the overlay cannot be applied: {error}", hint=_HINT)
        return
    for index, action in enumerate(actions):
        place = Place(overlay, ("actions", str(index)))
        try:
            target.apply(action, place)
        except (SyntaxProblem, _Refused) as error:
            message = f"action {index + 1} of the overlay cannot be applied: {error}"
            yield Problem(overlay, "read", message, hint=_HINT, line=sources.line(place))
    sources.files[path] = Source(path, base.text, base.root, target.data, target.laid)


class _Target:
    """The document as far as actions have changed it, and where their parts are written."""

    def __init__(self, base: Source) -> None:
        self.path = base.path
        self.left = MOST_VALUES
        self.laid = dict(base.laid)
        self.run = Run(self.copied(base.data))

    @property
    def data(self) -> Plain:
        """The document as it is now."""
        return self.run.root

    def apply(self, action: Plain, place: Place) -> None:
        """One action. Raises _Refused and SyntaxProblem."""
        expression = action.get("target") if isinstance(action, dict) else None
        if not isinstance(action, dict) or not isinstance(expression, str):
            raise _Refused("it has no `target`")
        targets = select(expression, self.run)
        if action.get("remove") is True:
            self.remove(targets)
        elif "update" in action:
            self.update(targets, action["update"], place / "update")
        elif isinstance(action.get("copy"), str):
            found = select(str(action["copy"]), self.run)
            if len(found) != 1:
                raise _Refused(f"`copy` selects {len(found)} values instead of one")
            self.update(targets, self.copied(self.at(found[0])), place / "copy")

    def at(self, tokens: _Tokens) -> Plain:
        """The value there is at a place."""
        value = self.data
        for token in tokens:
            value = (
                value[token]
                if isinstance(value, dict)
                else value[int(token)]
                if isinstance(value, list)
                else None
            )
        return value

    def copied(self, value: Plain) -> Plain:
        """A copy that shares nothing, within what is left to insert. Raises _Refused."""
        self.left -= 1
        if self.left < 0:
            raise _Refused(f"the document would hold more than {MOST_VALUES} values")
        if isinstance(value, dict):
            return {key: self.copied(child) for key, child in value.items()}
        return [self.copied(child) for child in value] if isinstance(value, list) else value

    def update(self, targets: list[_Tokens], update: Plain, place: Place) -> None:
        for tokens in targets:
            there = self.at(tokens)
            if isinstance(there, list):
                self.extend(there, update, tokens, place)
            elif isinstance(there, dict) and isinstance(update, dict):
                self.merge(there, update, tokens, place)
            elif isinstance(there, (dict, list)) or isinstance(update, (dict, list)) or not tokens:
                raise _Refused("`update` is of another kind than what `target` selects")
            else:
                self.put(self.at(tokens[:-1]), tokens, update, place)

    def merge(self, there: dict[str, Plain], update: dict[str, Plain], tokens: _Tokens, place: Place) -> None:
        """Properties are merged; two values of the same name that are no two objects, lists or scalars are refused."""
        for key, value in update.items():
            known, here = there.get(key), (*tokens, key)
            if key not in there:
                self.put(there, here, value, place / key)
            elif isinstance(known, dict) and isinstance(value, dict):
                self.merge(known, value, here, place / key)
            elif isinstance(known, list) and isinstance(value, list):
                self.extend(known, value, here, place / key)
            elif isinstance(known, (dict, list)) or isinstance(value, (dict, list)):
                raise _Refused(f"`{key}` is of another kind in the document")
            else:
                self.put(there, here, value, place / key)

    def extend(self, there: list[Plain], update: Plain, tokens: _Tokens, place: Place) -> None:
        several = isinstance(update, list)
        for index, value in enumerate(update if isinstance(update, list) else [update]):
            self.laid[*tokens, str(len(there))] = place / str(index) if several else place
            there.append(self.copied(value))

    def put(self, holder: Plain, tokens: _Tokens, value: Plain, place: Place) -> None:
        if isinstance(holder, dict):
            holder[tokens[-1]] = self.copied(value)
        elif isinstance(holder, list):
            holder[int(tokens[-1])] = self.copied(value)
        self.laid[tokens] = place

    def remove(self, targets: list[_Tokens]) -> None:
        """The innermost first, so that the places of the others stay what they are."""
        holders: dict[_Tokens, list[str]] = {}
        for tokens in targets:
            if not tokens:
                raise _Refused("the whole document cannot be removed")
            holders.setdefault(tokens[:-1], []).append(tokens[-1])
        for holder in sorted(holders, key=len, reverse=True):
            value = self.at(holder)
            if isinstance(value, dict):
                for key in holders[holder]:
                    value.pop(key, None)
            elif isinstance(value, list):
                self.drop(value, holder, frozenset(map(int, holders[holder])))

    def drop(self, value: list[Plain], holder: _Tokens, gone: frozenset[int]) -> None:
        """Remove items of a list; what follows moves up, with the places where it is written."""
        kept = [index for index in range(len(value)) if index not in gone]
        former = {tokens: place for tokens, place in self.laid.items() if tokens[: len(holder)] == holder}
        for tokens in former:
            if len(tokens) > len(holder):
                del self.laid[tokens]
        beginning = Place(self.path, holder)
        for new, old in enumerate(kept):
            self.laid[*holder, str(new)] = beginning / str(old)
            for tokens, place in former.items():
                if tokens[len(holder) : len(holder) + 1] == (str(old),):
                    self.laid[*holder, str(new), *tokens[len(holder) + 1 :]] = place
        value[:] = [value[index] for index in kept]
