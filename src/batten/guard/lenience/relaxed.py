"""Where a guard is lenient: batten.yaml's `guard:` and what a carrier was given beside it, held against the contract."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import field, replace

from batten.contract import Body, Contract, Media, Operation, Place, Response, response_of
from batten.guard.answers.problems import phrase
from batten.guard.lenience.presets import NONE, PRESETS, Preset
from batten.guard.options import GuardProblem, Mode, Options, Rule
from batten.guard.served import Plan
from batten.model import Location
from batten.model.record import record
from batten.policy.leniency import Leniency, Relaxation, UndeclaredErrors
from batten.policy.nearest import meant

ANSWERS = frozenset((Rule.ANSWER_STATUS, Rule.ANSWER_MEDIA_TYPE, Rule.ANSWER_BODY, Rule.ANSWER_HEADERS))
# What a schema's `format` is judged by; any other is an annotation anyway.
FORMATS = (
    "date-time", "date", "time", "duration", "email", "idn-email", "hostname", "idn-hostname", "ipv4", "ipv6", "uri",
    "uri-reference", "iri", "iri-reference", "uuid", "uri-template", "json-pointer", "relative-json-pointer", "regex",
    "int32", "int64",
)  # fmt: skip
_NOTES = frozenset(
    ("title", "description", "summary", "examples", "example", "$comment")
)  # of a schema that says nothing of values
_STATUS = re.compile(r"[1-5](?:[0-9]{2}|[Xx]{2})")
_LABEL = re.compile(r"(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) (/\S*)")


@record
class Lenient:
    """Towards the answers of one operation. `statuses` are the rules that are only observed, by status."""

    preset: Preset = NONE
    hides: bool = False  # an error status that is not declared becomes a 500
    statuses: tuple[tuple[str, frozenset[Rule]], ...] = ()

    def observed(self, status: int) -> frozenset[Rule]:
        written_so = (str(status), f"{status // 100}XX")
        found = [rules for written, rules in self.statuses if written.upper() in written_so]
        return frozenset[Rule]().union(*found)


STRICT = Lenient()


@record
class Relaxed:
    """Everything in which a guard is lenient. `lines` tell it, for the start and for /health."""

    preset: Preset = NONE
    hides: bool = False
    formats: bool = True
    also: tuple[Operation, ...] = ()
    rows: tuple[Relaxation, ...] = ()
    lines: tuple[str, ...] = field(default=())

    def options(self, options: Options) -> Options:
        """With the rows of a rule without operation; a mode that was given for a rule counts more than they do."""
        rules = {
            row.rule: Mode.OBSERVE
            for row in self.rows
            if row.operation == "" and not row.status and not row.format and row.rule
        }
        return replace(options, rules={**rules, **options.rules}) if rules else options

    def observed(self, label: str) -> frozenset[Rule]:
        """Rules that are observed for one operation beyond what the options say."""
        rows = [row for row in self.rows if row.operation == label and not row.status and not row.format]
        return frozenset(rule for row in rows for rule in ([Rule(row.rule)] if row.rule else Rule))

    def annotations(self, label: str) -> frozenset[str]:
        """Formats that are not judged."""
        if not self.formats:
            return frozenset(FORMATS)
        return frozenset(row.format for row in self.rows if row.format and row.operation in ("", label))

    def towards(self, label: str) -> Lenient:
        rows = [row for row in self.rows if row.status and row.operation in ("", label)]
        statuses = tuple((row.status, frozenset((Rule(row.rule),)) if row.rule else ANSWERS) for row in rows)
        return Lenient(self.preset, self.hides, statuses)


NOTHING = Relaxed()


def relaxed(contract: Contract, policy: Leniency, given: Leniency) -> Relaxed:
    """What is `given` to a carrier counts before the policy; rows of both hold. Raises GuardProblem."""
    rows = (*given.relaxations, *policy.relaxations)
    for row in rows:
        # Raises GuardProblem for an unknown name, and for a row without effect.
        if not (row.rule or row.operation or row.status or row.format):
            _complain(row, "a relaxation names nothing", "write a rule, operation, status or format")
        if len(row.why) < 4:
            _complain(row, "a relaxation needs a reason", "write why")
        _check_name(row, "rule", row.rule, [rule.value for rule in Rule])
        _check_name(row, "operation", row.operation, [operation.label for operation in contract.operations])
        _check_name(row, "format that is judged", row.format, FORMATS)
        if row.status and not _STATUS.fullmatch(row.status):
            _complain(row, f"'{row.status}' is not a status", "write 404 or 4XX")
        if row.status and row.rule and Rule(row.rule) not in ANSWERS:
            named = ", ".join(sorted(rule.value for rule in ANSWERS))
            _complain(row, f"a status does not narrow the rule '{row.rule}'", f"it narrows {named}")
        if row.format and (row.rule or row.status):
            _complain(row, "a format is relaxed for whole operations", "remove the rule and the status")
    framework = given.framework or policy.framework
    errors = given.undeclared_errors or policy.undeclared_errors or UndeclaredErrors.KEEP_STATUS
    also = tuple(dict.fromkeys((*given.also, *policy.also)))
    formats = given.formats and policy.formats
    lines = [f"framework {framework.value}"] if framework is not None else []
    lines += [] if formats else ["formats are not judged"]
    lines += [f"{label} passes, and is not declared" for label in also]
    lines += [f"relaxed: {_named(row)} ({row.why})" for row in rows]
    # Operations that the contract does not have. Errors of the server are not among their answers.
    beyond: list[Operation] = []
    place = Place(contract.path)
    anything = {"*/*": Media("*/*", None, place)}
    for beyond_label in also:
        found = _LABEL.fullmatch(beyond_label)
        if found is None:
            raise GuardProblem(f"pass: '{beyond_label}' is not an operation; write GET /docs")
        beyond.append(
            Operation(
                method=found[1],
                path=found[2],
                template=found[2],
                place=place,
                at=Location(contract.path, ""),
                body=None if found[1] in ("GET", "HEAD") else Body({}, required=False, place=place),
                responses={status: Response(status, anything, {}, place) for status in ("2XX", "3XX", "4XX")},
                security=(),
            )
        )
    return Relaxed(
        PRESETS[framework] if framework is not None else NONE,
        errors is UndeclaredErrors.REPLACE,
        formats,
        tuple(beyond),
        rows,
        tuple(lines),
    )


def _named(row: Relaxation) -> str:
    format_ = f"format {row.format}" if row.format else ""
    status = f"status {row.status}" if row.status else ""
    return ", ".join(part for part in (row.rule, row.operation, status, format_) if part)


def _check_name(row: Relaxation, what: str, name: str, known: Iterable[str]) -> None:
    known = list(known)
    if name and name not in known:
        _complain(
            row, f"'{name}' is not a {what}", meant(name, known, f"write one of {', '.join(known[:30])}")
        )


def _complain(row: Relaxation, message: str, hint: str) -> None:
    raise GuardProblem(f"{row.at or 'relax'}: {message}; {hint}")


def eased(found: Plan, operation: Operation, status: int, media_type: str, lenient: Lenient) -> Plan:
    """The plan as it is where nothing of it is relaxed."""
    name = media_type.partition(";")[0].strip().lower()
    found = _as_framework(found, operation, status, name, lenient)
    objection = found.objection
    if lenient.hides and objection is not None and objection[0] is Rule.ANSWER_STATUS and status >= 400:
        found = replace(found, hides=True)
    observed = lenient.observed(status)
    return replace(found, observed=observed) if observed else found


def _as_framework(found: Plan, operation: Operation, status: int, name: str, lenient: Lenient) -> Plan:
    """As the framework does it."""
    preset = lenient.preset
    if 400 <= status < 500 and (found.objection is not None or found.is_empty):
        for told in preset.errors:
            if told.media_type == name:
                validator = told.validator()
                text = b"" if validator is not None else phrase(status).encode()
                return Plan(validator=validator, is_json=validator is not None, text=text)
    if 200 <= status < 400 and response_of(operation, status) is not None:
        if preset.has_pages and name == "text/html":
            return Plan()
        if preset.is_open:
            declared = response_of(operation, status)
            says_nothing = declared is not None and all(_is_empty(media) for media in declared.media.values())
            if says_nothing:
                return Plan()
    return found


def _is_empty(media: Media) -> bool:
    value = media.schema.value if media.schema is not None else None
    return isinstance(value, dict) and value.keys() <= _NOTES and media.media_type == "application/json"
