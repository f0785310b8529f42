"""What a run read and what it did not: the records that every report has."""

from __future__ import annotations

from collections import Counter
from dataclasses import field
from enum import Enum

from batten.advisories.gaps import Packages
from batten.model import Context
from batten.model.record import record

REQUIRED = "require"  # the stage of a problem: a technology was required, and not read


class Told(Enum):
    """A word for programs, and what people are told."""

    said: str

    def __new__(cls, name: str, said: str) -> Told:
        member = object.__new__(cls)
        member._value_ = name
        member.said = said
        return member


class Why(Told):
    """Why a file that matters was not read."""

    NO_READER = "no-reader", "batten has no reader for it"
    TEMPLATE = "template", "what a template makes is known only when it is rendered"
    ELSEWHERE = "elsewhere", "it is fetched when it is used; batten fetches nothing"
    SCRIPT = "script", "what a script decides is known only when it runs"
    COMPUTED = "computed", "their paths are not written in the code, so no contract is compared with them"
    NAMED = "named", "a command names it, and batten does not recognise it as that"
    SKIPPED = "skipped", "batten does not read the folders that tools fill, and no tool put this there"
    NOT_UNDERSTOOD = "not-understood", "it was not understood"


class Reason(Told):
    """Why a setting stays unknown."""

    VARIABLE = "variable", "decided by a variable"
    TEMPLATE = "template", "decided by a template"
    OUTSIDE = (
        "outside",
        "decided outside the file: in an include that was not read, a plug-in, or where it runs",
    )
    DEFAULT = "default", "not set, and the default is not known"
    RUNTIME = "runtime", "known only at run time"


@record
class Read:
    """A file that was read, and by which technologies. `whole` is False where a problem says what was not understood,
    `local` is True where git keeps the file out of the repository and its findings do not count."""

    path: str
    technologies: tuple[str, ...]
    context: Context
    whole: bool = True
    local: bool = False


@record
class Unread:
    """A file that matters and was not read; `kind` is what it is, as people call it. With `part`, what the file takes
    from another place, as it is named there."""

    path: str
    kind: str
    why: Why
    context: Context
    counts: bool  # whether its findings would
    part: str = ""


@record
class Unjudged:
    """A setting that batten knows and does not read, in a file that was read: its name as the vendor spells it, the
    technology, the first place of it in the file (`nginx.conf:12`), and how many times it stands there."""

    setting: str
    technology: str
    at: str
    times: int
    touches: str  # what it would tell, in words
    context: Context
    counts: bool  # whether the file's findings would


@record
class Unclear:
    """A setting that code gives by an expression that batten does not understand, and no variable of the environment: its name,
    the technology and the place (`settings.py:12`)."""

    setting: str
    technology: str
    at: str
    context: Context
    counts: bool  # whether the file's findings would


@record
class Together:
    """Files that are used together, what for, and the place that shows it: a file, with a line where a command names them."""

    files: tuple[str, ...]
    context: Context
    shown: str


@record(kw_only=True)
class Ledger:
    """`unknown` counts settings by reason, those of files that count; `apart` is how many the others have. `left_out`
    counts folders of tools by name, and files by the glob of `ignore:`. `together` has the files whose use is shown by
    what is beside them, `unjudged` the settings that the inventories call not read, `unclear` those that are set and
    not understood; `packages` says how those that files name
    were compared with advisories, None where no file names any."""

    read: tuple[Read, ...] = ()
    unread: tuple[Unread, ...] = ()
    unknown: dict[Reason, int] = field(default_factory=dict)
    apart: int = 0
    left_out: dict[str, int] = field(default_factory=dict)
    together: tuple[Together, ...] = ()
    unjudged: tuple[Unjudged, ...] = ()
    unclear: tuple[Unclear, ...] = ()
    packages: Packages | None = None

    @property
    def passed(self) -> tuple[Unjudged, ...]:
        """The settings that were not read in files that count."""
        return tuple(one for one in self.unjudged if one.counts)

    @property
    def obscure(self) -> tuple[Unclear, ...]:
        """The settings of files that count that are set and were not understood."""
        return tuple(one for one in self.unclear if one.counts)

    @property
    def missed(self) -> tuple[Unread, ...]:
        """The unread files that would count towards the verdict."""
        return tuple(one for one in self.unread if one.counts)

    @property
    def assessed(self) -> bool:
        """Whether a file of the repository was read: a list of ignored files alone is no verdict about it."""
        return any(not one.local for one in self.read)

    @property
    def settings(self) -> int:
        """How many settings of files that count stayed unknown."""
        return sum(self.unknown.values())

    @property
    def in_part(self) -> int:
        """How many files were read in part only."""
        return sum(not one.whole for one in self.read)

    def tally(self) -> Counter[tuple[str, Context]]:
        """How many files each technology read in each context."""
        return Counter((name, one.context) for one in self.read for name in one.technologies)
