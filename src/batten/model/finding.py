from __future__ import annotations

from collections.abc import Callable
from dataclasses import KW_ONLY, field
from enum import Enum

from batten.model.context import Context
from batten.model.fix import Fix
from batten.model.location import Location
from batten.model.record import record
from batten.model.remedy import Remedy
from batten.model.severity import Severity


class Per(Enum):
    """What one cause is of, where a case is broken in many places (`engine/causes.py`)."""

    DECISION = "decision"  # one change of policy fixes them all: the same header at three listeners
    THING = "thing"  # each is repaired for itself: an open store, a published port
    FOLDER = "folder"  # what was made together lies together, and is replaced together: keys and their other formats
    CREDENTIAL = "credential"  # each value is, with all its copies


class Bundle(Enum):
    """Controls that one change of policy satisfies together; the sentence for findings of several of them, none of which
    is more than low. {every} is what their sentences name first, {names} some of it, {cases} what is wrong."""

    HARDENING = "containers run without hardening ({cases}): {names}"
    HEADERS = "security headers are not set or weak: {every}"
    LIMITS = "requests are not limited: {cases}"
    SCHEMAS = "contracts leave payloads open ({cases}): {names}"
    HOST = "products have the parts of their host that their documentation gives them: {names}"


class Case(Enum):
    """One of the ways to break a control, and what to do about it. Each control names its own:

        class HstsSent(Case):
            ABSENT = "absent", "Send Strict-Transport-Security with every HTTPS answer."

        class StoreAuthenticated(Case):
            OPEN = "no-authentication", "Require authentication.", Per.THING

    The value is half of a finding's identity, so it is never renamed; the advice is a sentence and may change.
    """

    advice: str
    per: Per
    brief: str

    def __new__(cls, name: str, advice: str, per: Per = Per.DECISION, brief: str = "") -> Case:
        """`brief` names it in the sentence of a bundle, where `name` would not be understood there."""
        member = object.__new__(cls)
        member._value_ = name
        member.advice = advice
        member.per = per
        member.brief = brief
        return member


@record
class Violation:
    """What a judge yields. The engine adds who said it, how bad it is there, and the fix."""

    case: Case
    message: str  # what is wrong here, in one sentence; no secret in it
    at: Location
    _: KW_ONLY
    remedy: Remedy | None = None
    severity: Severity | None = None  # lower than the control's, where this case is milder
    related: tuple[Location, ...] = ()
    everywhere: bool = False  # as bad in a test or an example: a token is valid wherever it was committed
    bundle: Bundle | None = None  # what it is one cause with, if not what its control says
    advice: str = ""  # what to do here, where more is known than the case says
    made_by: str = ""  # what makes it, where one thing answers many requests: an error handler, a console
    implied: bool = False  # nothing is written at the place: a comment there is about something else


@record
class Problem:
    """Something batten could not read or do. Never raised past the engine, never hidden."""

    source: str
    stage: str  # "discover", "parse", "read", "judge", "probe", "fix"
    message: str
    _: KW_ONLY
    hint: str = ""
    line: int = 0  # 1-based; 0: the whole source
    counts: bool = True  # False: its context is not part of the verdict


class State(Enum):
    """A finding's state against the runs before this one."""

    NEW = "new"
    STANDING = "standing"
    FIXED = "fixed"
    REGRESSED = "regressed"
    NOT_COMPARABLE = "not comparable"


@record
class Suppression:
    """Why a finding does not count: an inline waiver, one in batten.yaml, or the baseline."""

    kind: str  # "inline", "policy", "baseline"
    reason: str
    _: KW_ONLY
    owner: str = ""
    until: str = ""  # ISO date
    at: Location | None = None


class LazyFix:
    """A fix that is worked out once, and only if it is asked for: most reports show few of them.

    `told` is the fix without its edits, where an earlier run left it.
    """

    __slots__ = ("_made", "_make", "_told")

    def __init__(self, make: Callable[[], Fix | None] | Fix, told: Fix | None = None) -> None:
        self._make: Callable[[], Fix | None] | Fix | None = make
        self._made: list[Fix | None] = [make] if isinstance(make, Fix) else []
        self._told = told

    def __call__(self) -> Fix | None:
        if not self._made:
            assert self._make is not None and not isinstance(self._make, Fix)
            self._made.append(self._make())
            self._make = None  # it holds the files of its review, which a fixed finding outlives
        return self._made[0]

    def through(self, change: Callable[[Fix], Fix]) -> LazyFix:
        """The same fix, changed when it is requested."""

        def made() -> Fix | None:
            fix = self()
            return change(fix) if fix is not None else None

        return LazyFix(made, change(self._told) if self._told is not None and not self._made else None)

    @property
    def told(self) -> Fix | None:
        """What the fix is and what it may break; its edits need not be there."""
        return self._told if self._told is not None and not self._made else self()


@record
class Twin:
    """The finding of the other side with the same cause: what a file declares of what was seen live, or where what it
    declares was seen."""

    control: str
    at: Location
    _: KW_ONLY
    line: int = 0  # of a declared one; 0: none
    environment: str = ""  # "": it is declared
    mend: LazyFix | None = field(default=None, compare=False, repr=False)


@record
class Region:
    """1-based lines and columns; the end is exclusive, as SARIF has it."""

    line: int
    column: int
    end_line: int
    end_column: int


@record(kw_only=True)
class Finding:
    """A violation with its control, its place as people read it, its fix and its history."""

    control: str  # slug
    severity: Severity
    message: str
    at: Location
    fingerprint: str  # the same in the next run: of the control, the case, the named place and the file
    region: Region | None = None
    remedy: Remedy | None = None
    mend: LazyFix | None = field(default=None, compare=False, repr=False)
    reach: tuple[str, ...] = ()  # who can get at it, outermost first
    also: tuple[Location, ...] = ()
    environment: str = ""  # the environment whose live answer showed it; "" for files
    state: State = State.NEW
    suppression: Suppression | None = None
    related: tuple[Location, ...] = field(default=())
    technology: str = ""  # whose reader declared it; "" for what is seen live, or in several files together
    kin: str = ""  # the fingerprint without the file (engine/identity.py)
    case: str = ""  # which of the control's cases; with the control and the place, the finding's identity
    brief: str = ""  # what the sentence of a bundle calls it
    why: str = ""  # why it matters, of the control
    advice: str = ""  # what to do, whether batten can write it or not
    context: Context = Context.PRODUCTION
    counts: bool = True  # False: its context is not part of the verdict
    public: bool | None = None  # whether an outsider can get at it; None where nothing says so
    thing: str = ""  # what it is about, where that is repaired for itself (`Per.THING`); "" for a decision
    credential: bool = False  # that is a credential's value
    store: str = ""  # the store that it is about
    baseline_severity: Severity | None = (
        None  # what baselines hold it against, where hardening is milder without a way to it
    )
    bundle: Bundle | None = None  # with which others it is one cause, where none is more than low
    twins: tuple[Twin, ...] = ()  # findings of the other side, live or declared, with the same cause
    covers: tuple[str, ...] = ()  # broader controls that say the same of the same place, credential or store
    made_by: str = ""  # what makes it, with which all of its source is one cause (`Violation`)
    lowered: bool = False  # batten.yaml gives its control less than batten does, and that makes it milder
    edited: Location | None = field(
        default=None, compare=False, repr=False
    )  # all that its fix changes, where it is known

    @property
    def gravity(self) -> Severity:
        """What baselines note: a service that is published makes its own lack of hardening no news."""
        return self.severity if self.baseline_severity is None else self.baseline_severity

    @property
    def fix(self) -> Fix | None:
        """The edits that fix it; computed at the first request."""
        return self.mend() if self.mend is not None else None

    @property
    def proposal(self) -> Fix | None:
        """The fix as people are told of it, perhaps without its edits."""
        return self.mend.told if self.mend is not None else None
