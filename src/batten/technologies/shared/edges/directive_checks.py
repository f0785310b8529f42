"""Directives that are right or wrong by their own words: the table of a server, its judges, and what is written instead."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from batten.controls import control, judges_of
from batten.controls._suites import is_broken, weak_suites
from batten.facts import Fact
from batten.model import Case, Edit, Fix, Remedy, Safety, Setting, Severity, Violation
from batten.model.record import record

Words = tuple[str, ...]


@record
class CheckedDirective(Fact):
    """A directive with its words. Each server has a kind of its own, which only its own checks judge."""

    name: str
    words: Setting[Words]


@record
class WriteDirective(Remedy):
    """Write the directive of this name as it should be."""

    name: str

    @property
    def decision(self) -> tuple[object, ...]:
        return (type(self).__name__, self.name)


@record
class DirectiveCheck:
    """When directives of these names are wrong, and how that is reported.

    `wrong` returns what is wrong with the words, "" for nothing; `{}` in the message is replaced by it. `right` is what is
    written instead where one value suits all; with a `title` and without it, the directive is removed. `breaks` names who
    may notice that.
    """

    slug: str
    severity: Severity
    names: tuple[str, ...]
    wrong: Callable[[Words], str]
    message: str
    case: Case
    title: str = ""
    right: str = ""
    breaks: str = ""
    remedy: Remedy | type[WriteDirective] | None = WriteDirective


def register(kind: type[CheckedDirective], checks: Sequence[DirectiveCheck]) -> None:
    """Register a judge of a server's directives for each control in the table."""
    for slug in dict.fromkeys(check.slug for check in checks):
        _register(slug, kind, [check for check in checks if check.slug == slug])


def _register(slug: str, kind: type[CheckedDirective], checks: Sequence[DirectiveCheck]) -> None:
    def judge(directive: CheckedDirective) -> Iterator[Violation]:
        for check in checks:
            wrong = check.wrong(directive.words.known(())) if directive.name in check.names else ""
            if wrong:
                remedy = check.remedy(directive.name) if isinstance(check.remedy, type) else check.remedy
                message = check.message.replace("{}", wrong)
                yield Violation(
                    check.case, message, directive.words.at, remedy=remedy, severity=check.severity
                )

    judge.__annotations__["directive"] = kind
    title = next(judges_of(slug)).title
    control(title, max(check.severity for check in checks), "V1", slug=slug)(judge)


def by_name(checks: Sequence[DirectiveCheck]) -> dict[str, tuple[DirectiveCheck, ...]]:
    """The checks of each directive."""
    return {name: tuple(c for c in checks if name in c.names) for check in checks for name in check.names}


def right_of(checks: Sequence[DirectiveCheck], name: str) -> DirectiveCheck | None:
    """The check that says what is written for a directive; None where its writer has to look at the words."""
    return next((c for c in checks if name in c.names and (c.right or c.title)), None)


def write(title: str, edit: Edit, breaks: str) -> Fix:
    """A fix that is safe where no client may notice it."""
    return Fix(title, (edit,), safety=Safety.RISKY if breaks else Safety.SAFE, breaks=breaks)


def first_word(text: str) -> Callable[[Words], str]:
    """A check for a first word."""
    return lambda words: text if words[:1] == (text,) else ""


def broken_suites(words: Words) -> str:
    """The broken cipher suites of a list in the first word."""
    return ", ".join(filter(is_broken, weak_suites(words[0]))) if words else ""


def short_field(words: Words) -> str:
    """The bits of a finite field below the minimum of 2048."""
    return words[0] if words and words[0].isdigit() and int(words[0]) < 2048 else ""
