"""Where an edge serves a contract's paths: it may add a prefix that the application never sees, or take one away."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable

from batten.guard.traffic.plain_names import is_plain
from batten.model.record import record

_DEEPEST = 3  # segments of a prefix
_SAMPLE = 5_000  # paths that are tried
_LEAST = 2  # different paths that fit with it …
_SHARE = 0.2  # … and the share of all that do; no one serves an API for less


@record
class Prefix:
    """`removed` stands before the contract's paths in logs; `added` is what logs leave out of them."""

    removed: str = ""
    added: str = ""

    def inside(self, path: str) -> str:
        """A path of the logs as the contract has it."""
        if self.removed and path.startswith(self.removed + "/"):
            return path[len(self.removed) :]
        return self.added + path


NONE = Prefix()


def prefix_of(paths: Iterable[str], match: Callable[[str], object], base: str = "") -> Prefix:
    """The prefix with which most paths are the contract's; none where they are without."""
    distinct = list(dict.fromkeys(paths))[:_SAMPLE]
    as_they_are = sum(match(path) is not None for path in distinct)
    best, prefix = as_they_are, NONE
    leading: Counter[str] = Counter()
    for candidates_path in distinct:
        parts = candidates_path.split("/")[1:-1]
        for end in range(1, min(_DEEPEST, len(parts)) + 1):
            if not is_plain(parts[end - 1]):
                break
            leading["/" + "/".join(parts[:end])] += 1
    made = [Prefix(removed=one) for one, count in leading.most_common(12) if count >= _LEAST]
    for candidate in made + ([Prefix(added=base)] if base else []):
        fits = sum(match(candidate.inside(path)) is not None for path in distinct)
        if fits > best:
            best, prefix = fits, candidate
    is_sure = best >= max(_LEAST, _SHARE * len(distinct)) and best > 2 * as_they_are
    return prefix if is_sure else NONE
