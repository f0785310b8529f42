"""XML as the value that its schema describes, by the `xml` objects of OpenAPI.

Read by expat alone: a document type, entities of its own and processing instructions are refused where they begin, so that
nothing is expanded, and nothing outside is asked for. Bytes are UTF-8, whatever the declaration says otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from xml.parsers import expat

from batten.contract.strict_json import DEEPEST
from batten.guard.content.unreadable import Unreadable
from batten.guard.content.views import View

MOST_NODES = 50_000  # elements and attributes
_NIL = "http://www.w3.org/2001/XMLSchema-instance nil"
_ENCODINGS = frozenset(("utf-8", "us-ascii", "ascii"))

Coerce = Callable[[str, View], object]


@dataclass(slots=True)
class Element:
    """Names are `local`, or `namespace local` with a blank between."""

    name: str
    attributes: Mapping[str, str]
    children: list[Element] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "".join(self.texts)


@dataclass(slots=True)
class _Builder:
    root: Element | None = None
    _open: list[Element] = field(default_factory=list)
    _nodes: int = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._nodes += 1 + len(attributes)
        if self._nodes > MOST_NODES:
            raise Unreadable(f"it has more than {MOST_NODES} elements and attributes")
        if len(self._open) >= DEEPEST:
            raise Unreadable(f"it nests deeper than {DEEPEST} levels")
        element = Element(name, attributes)
        if self._open:
            self._open[-1].children.append(element)
        else:
            self.root = element
        self._open.append(element)

    def end(self, _name: str) -> None:
        self._open.pop()

    def text(self, data: str) -> None:
        self._open[-1].texts.append(data)


def element_of(body: bytes) -> Element:
    """Raises Unreadable."""
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        raise Unreadable("it is not UTF-8") from None
    builder = _Builder()
    parser = expat.ParserCreate("utf-8", " ")
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = builder.start, builder.end
    parser.CharacterDataHandler = builder.text
    parser.XmlDeclHandler = _on_declaration
    parser.StartDoctypeDeclHandler = _on_doctype
    parser.ProcessingInstructionHandler = _on_instruction
    try:
        parser.Parse(body, True)
    except expat.ExpatError as error:
        raise Unreadable(f"it is not well-formed XML: {expat.ErrorString(error.code)}") from None
    assert builder.root is not None  # a document without one is not well-formed
    return builder.root


def _on_declaration(version: str, encoding: str | None, _standalone: int) -> None:
    if version != "1.0":
        raise Unreadable("it is not XML 1.0")
    if encoding is not None and encoding.lower() not in _ENCODINGS:
        raise Unreadable("its declaration names another encoding than UTF-8")


def _on_doctype(*_: object) -> None:
    raise Unreadable("it has a document type, which is not accepted")


def _on_instruction(*_: object) -> None:
    raise Unreadable("it has a processing instruction, which is not accepted")


def xml_value(root: Element, view: View, names: tuple[str, ...], coerce: Coerce) -> object:
    """The value of a document. `names` are those that the root may have; empty is any. Raises Unreadable."""
    named = _named(view)
    wanted = (named,) if named else names
    if wanted and root.name not in [_qualified(view, name) for name in wanted]:
        raise Unreadable("its root element is not the declared one")
    return _Reading(coerce).value(root, view)


@dataclass(slots=True)
class _Reading:
    coerce: Coerce

    def value(self, element: Element, view: View | None) -> object:
        """What an element holds. Of what the schema does not know, text or an object of its parts."""
        if element.attributes.get(_NIL) in ("true", "1"):
            return None
        if view is None:
            return self._unknown(element)
        match view.leads:
            case "object":
                return self._object(element, view)
            case "array":
                return self._array(element, view)
        if element.children or element.attributes:
            if "object" in view.types:
                return self._object(element, view)
            raise Unreadable("an element that should hold a single value contains other elements")
        return self.coerce(element.text, view)

    def _unknown(self, element: Element) -> object:
        if not element.children and not element.attributes:
            return element.text
        made: dict[str, object] = {name: value for name, value in element.attributes.items() if name != _NIL}
        for child in element.children:
            made[child.name] = self._unknown(child)
        return made

    def _array(self, element: Element, view: View) -> list[object]:
        """A wrapped array: the element holds its items and nothing else."""
        items = view.items
        name = _item_name(view, element.name.rpartition(" ")[2])
        for child in element.children:
            if name not in (child.name, _beside(element, child)):
                raise Unreadable("an array holds an element that is not an item of it")
        _no_text(element)
        return [self.value(child, items) for child in element.children]

    def _object(self, element: Element, view: View) -> dict[str, object]:
        made: dict[str, object] = {}
        text_of = ""
        known = {_where(name, sub): (name, sub) for name, sub in view.properties.items()}
        for written, value in element.attributes.items():
            if written != _NIL:
                name, sub = known.get(("attribute", written), (written, None))
                self._put(made, name, value if sub is None else self.coerce(value, sub))
        for child in element.children:
            written = _beside(element, child)
            found = known.get(("element", child.name)) or known.get(("element", written))
            self._child(made, *(found or (written, view.rest)), child)
        for name, sub in view.properties.items():
            if _node_type(sub) in ("text", "cdata"):
                text_of = name
                if element.text or "string" in sub.types:
                    made[name] = self.coerce(element.text, sub)
        if not text_of:
            _no_text(element)
        return made

    def _child(self, made: dict[str, object], name: str, sub: View | None, child: Element) -> None:
        if sub is not None and sub.leads == "array" and not _is_wrapped(sub):
            items = made.setdefault(name, [])
            if not isinstance(items, list):
                raise Unreadable("an element that may occur only once is repeated")
            items.append(self.value(child, sub.items))
            return
        self._put(made, name, self.value(child, sub))

    def _put(self, made: dict[str, object], name: str, value: object) -> None:
        if name in made:
            raise Unreadable("an element that may occur only once is repeated")
        made[name] = value


def _beside(element: Element, child: Element) -> str:
    """A child's name: in the namespace of its parent, as a default namespace makes it, it needs none of its own."""
    namespace, _, _ = element.name.rpartition(" ")
    return child.name.removeprefix(f"{namespace} ") if namespace else child.name


def _no_text(element: Element) -> None:
    if element.text.strip(" \t\r\n"):
        raise Unreadable("there is text where only elements may be")


def _said(view: View) -> dict[str, object]:
    said = view.first("xml")
    return dict(said) if isinstance(said, dict) else {}


def _named(view: View) -> str:
    name = _said(view).get("name")
    return name if isinstance(name, str) else ""


def _node_type(view: View) -> str:
    """`nodeType` of OpenAPI 3.2, which replaces `attribute`."""
    said = _said(view)
    written = said.get("nodeType")
    if isinstance(written, str):
        return written
    return "attribute" if said.get("attribute") is True else "element"


def _is_wrapped(view: View) -> bool:
    said = _said(view)
    return said.get("wrapped") is True or said.get("nodeType") == "element"


def _qualified(view: View, name: str) -> str:
    namespace = _said(view).get("namespace")
    return f"{namespace} {name}" if isinstance(namespace, str) and namespace else name


def _where(name: str, view: View) -> tuple[str, str]:
    """Where a property is written, and under which name."""
    if _node_type(view) == "attribute":
        return "attribute", _qualified(view, _named(view) or name)
    if view.leads == "array" and not _is_wrapped(view):
        return "element", _item_name(view, name)
    return "element", _qualified(view, _named(view) or name)


def _item_name(view: View, name: str) -> str:
    """Items have their own name, or that of the array (OpenAPI 3.0.3, XML Object, the examples of arrays)."""
    items = view.items
    if items is not None and _named(items):
        return _qualified(items, _named(items))
    fallback = name if not _is_wrapped(view) else _named(view) or name
    return _qualified(items, fallback) if items is not None else fallback
