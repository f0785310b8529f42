"""What becomes of request bodies, by their Content-Type: decided once for each operation."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from batten.contract import Contract, Media, Operation, media_of
from batten.contract.dialect import Direction
from batten.contract.explanations import Explanation, explained
from batten.contract.strict_json import strict_json
from batten.contract.validators import SchemaProblem, Validator, Validators
from batten.guard.content import octets, sequences
from batten.guard.content.forms import form_of
from batten.guard.content.leaves import leaf
from batten.guard.content.media_types import Kind, MediaType, fits_charset, kind_of, media_type_of
from batten.guard.content.multipart import boundary_of, parts_of
from batten.guard.content.multipart_values import value_of
from batten.guard.content.stripping import has_read_only
from batten.guard.content.unreadable import Unreadable
from batten.guard.content.views import View, Views
from batten.guard.content.xml import element_of, xml_value
from batten.guard.parameters.texts import Flaw
from batten.model.record import record
from batten.policy.guarding import ReadOnly, Unjudged

Reader = Callable[[bytes], object]  # raises ValueError
MOST_KEPT = 64  # a media type's parameters are the caller's to choose, so there is no end to them


@record
class Intake:
    """`objection` is why bodies are refused with 415 before they are read. `reader` makes values of them for `validator`,
    each item for itself where they are `of_items`; where it is None they stream."""

    objection: str = ""
    reader: Reader | None = None
    validator: Validator | None = None
    of_items: bool = False
    strips: View | None = None  # of a JSON body, whose readOnly properties are taken out


STREAMS = Intake()
_MALFORMED = Intake("The Content-Type is missing or malformed.")
_UNDECLARED = Intake("The media type is not declared.")
_CHARSET = Intake("The charset must be UTF-8.")
_NO_BOUNDARY = Intake("The boundary is missing or malformed.")
_UNKNOWN = Intake("The schema of the body cannot be applied to this media type.")


@dataclass(slots=True)
class Intakes:
    """Of one contract."""

    contract: Contract
    unjudged: Unjudged
    read_only: ReadOnly
    views: Views = field(init=False)

    def __post_init__(self) -> None:
        self.views = Views(self.contract)

    def of(self, operation: Operation, content_type: str, validators: Validators) -> Intake:
        """Of the bodies that an operation gets with this Content-Type."""
        body = operation.body
        if body is None:
            return _UNDECLARED
        if not body.media:
            return STREAMS
        media_type = media_type_of(content_type)
        if media_type is None:
            return _MALFORMED
        media = media_of(body.media, media_type.name)
        if media is None:
            return _UNDECLARED
        kind = kind_of(media_type.name)
        if not fits_charset(kind, media_type.charset):
            return _CHARSET
        if media.schema is None:
            return STREAMS
        return self._judged(media, kind, media_type, validators)

    def unread(self, validators: Validators) -> Iterator[str]:
        """The bodies of requests whose schema cannot be applied to their media type, each with what becomes of them."""
        fate = "pass" if self.unjudged is Unjudged.STREAM else "are refused with 415"
        for operation in self.contract.operations:
            media = operation.body.media if operation.body is not None else {}
            for name, one in media.items():
                bare = media_type_of(name)
                if bare is None or "*" in bare.name or one.schema is None:
                    is_read = True
                else:
                    kind = kind_of(bare.name)
                    is_read = (
                        self._reading(one, self.views.of(one.schema), kind, bare, validators) is not None
                    )
                if not is_read:
                    line = self.contract.references.sources.line(one.place)
                    told = f"{one.place.source}:{line}: {operation.label}"
                    yield f"{told}: the schema cannot be applied to {name}; its bodies {fate}"

    def of_answer(self, media: Media, content_type: str, validators: Validators) -> Intake:
        """Of an answer's body that is not JSON. Streams and files are not kept back, nor text that may be anything."""
        media_type = media_type_of(content_type)
        if media_type is None or media.schema is None:
            return STREAMS
        kind, view = kind_of(media_type.name), self.views.of(media.schema)
        if not fits_charset(kind, media_type.charset) or not _is_kept(kind, view):
            return STREAMS
        found = self._reading(media, view, kind, media_type, validators)
        if found is None or found.reader is None:
            return STREAMS
        return replace(found, validator=validators.validator(media.schema, Direction.RESPONSE))

    def _judged(self, media: Media, kind: Kind, media_type: MediaType, validators: Validators) -> Intake:
        assert media.schema is not None
        view = self.views.of(media.schema)
        found = self._reading(media, view, kind, media_type, validators)
        if found is None:
            return STREAMS if self.unjudged is Unjudged.STREAM else _UNKNOWN
        if found.reader is None:
            return found
        try:
            validator = validators.validator(media.schema, Direction.REQUEST)
        except SchemaProblem:  # the engine's own: what the contract lacks has stopped the start
            return _UNKNOWN
        return replace(found, validator=validator)

    def _reading(
        self, media: Media, view: View, kind: Kind, media_type: MediaType, validators: Validators
    ) -> Intake | None:
        """None where bodies of this kind cannot be held against the schema."""
        match kind:
            case Kind.JSON:
                strips = self.read_only is ReadOnly.STRIP and has_read_only(view)
                return Intake(reader=strict_json, strips=view if strips else None)
            case Kind.XML if not view.says_nothing and not view.types.isdisjoint(("object", "array")):
                assert media.schema is not None
                reference = media.schema.value.get("$ref") if isinstance(media.schema.value, dict) else None
                names = (reference.rpartition("/")[2],) if isinstance(reference, str) else ()
                return Intake(
                    reader=lambda body: xml_value(
                        element_of(body), view, names, lambda text, sub: leaf(text, sub, validators)
                    )
                )
            case Kind.FORM if "object" in view.types:
                return self._form(media, view, validators)
            case Kind.MULTIPART if "object" in view.types:
                boundary = boundary_of(media_type)
                if boundary is None:
                    return _NO_BOUNDARY
                return Intake(
                    reader=lambda body: value_of(parts_of(body, boundary), view, media.encoding, validators)
                )
            case Kind.LINES:
                return Intake(reader=sequences.lines, of_items=self._is_of_items(media, view))
            case Kind.RECORDS:
                return Intake(reader=sequences.records, of_items=self._is_of_items(media, view))
            case Kind.EVENTS if media.of_items or ("array" in view.types and not view.says_nothing):
                return Intake(reader=sequences.events, of_items=self._is_of_items(media, view))
            case Kind.TEXT | Kind.XML | Kind.EVENTS if octets.may_be_text(view):
                return _text(view, media_type.charset, validators)
            case Kind.OCTETS if octets.may_be_octets(view):
                return (
                    Intake(reader=lambda body: octets.octets_of(body, view))
                    if octets.is_bounded(view)
                    else STREAMS
                )
        return None

    def _form(self, media: Media, view: View, validators: Validators) -> Intake | None:
        form = form_of(self.contract, media, view)
        return None if form.problem else Intake(reader=lambda body: form.value(body, validators))

    def _is_of_items(self, media: Media, view: View) -> bool:
        """Since OpenAPI 3.2 `schema` is of the whole sequence as an array; before, many a document means an item by it."""
        if media.of_items:
            return True
        return not self.contract.version.startswith("3.2") and "array" not in view.types


def _is_kept(kind: Kind, view: View) -> bool:
    if kind is Kind.XML or kind is Kind.TEXT:
        return octets.is_bounded(view) or "string" not in view.types or "object" in view.types
    return kind is Kind.FORM


def _text(view: View, charset: str, validators: Validators) -> Intake:
    if view.says_nothing or (view.is_binary and not octets.is_bounded(view)):
        return STREAMS
    return Intake(reader=lambda body: leaf(octets.text_of(body, charset), view, validators))


def body_objection(intake: Intake, body: bytes) -> tuple[str, str]:
    """What is wrong with a request's body, in a sentence without its words, and the same in full, for logs; "" for one that
    fits or is not judged."""
    reader, validator = intake.reader, intake.validator
    if reader is None or validator is None:
        return "", ""
    try:
        value = reader(body)
    except Unreadable as error:
        return f"The body cannot be read: {error}.", ""
    except Flaw as flaw:
        return f"A field of the body {flaw}.", ""
    except (ValueError, RecursionError):
        return "The body is not strict JSON.", ""
    if not intake.of_items:
        return ("", "") if validator.is_valid(value) else _mismatch("", explained(validator, value))
    assert isinstance(value, list)
    for index, item in enumerate(value):
        if not validator.is_valid(item):
            return _mismatch(f"/{index}", explained(validator, item))
    return "", ""


def answer_objection(reader: Reader, validator: Validator | None, body: bytes) -> tuple[str, str]:
    """What is wrong with an answer's body that is not JSON, as `body_objection`."""
    try:
        value = reader(body)
    except Flaw as flaw:
        return f"a field of the body {flaw}", ""
    except Unreadable as error:
        return f"the body cannot be read: {error}", ""
    except (ValueError, RecursionError):
        return "a part of the body is not strict JSON", ""
    if validator is None or validator.is_valid(value):
        return "", ""
    why = explained(validator, value)
    return f"the body does not match its schema at {why.pointer or 'its root'}", why.about


def _mismatch(before: str, why: Explanation) -> tuple[str, str]:
    place = f"{before}{why.pointer}" or "its root"
    return f"The body does not match its schema at {place}.", why.about
