"""Frozen, slotted dataclasses that are quick to define: start-up is a budget, and there are over a hundred."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, Field, dataclass, fields
from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING, Any, TypeVar, cast, dataclass_transform, overload

__all__ = ["changed", "record"]

T = TypeVar("T")
_copiers: dict[type, Callable[[Any], Any]] = {}


@overload
@dataclass_transform(frozen_default=True)
def record(kind: type[T]) -> type[T]: ...


@overload
@dataclass_transform(frozen_default=True)
def record(*, kw_only: bool) -> Callable[[type[T]], type[T]]: ...


def record(kind: type[T] | None = None, *, kw_only: bool = False) -> type[T] | Callable[[type[T]], type[T]]:
    """`@dataclass(frozen=True, slots=True)` for readers and for mypy, which rejects assignments.

    At run time only `__init__` is compiled for each class, when the first is made: comparing, hashing and showing are
    shared, and nothing guards attributes. That takes a tenth of the time to define, and half of it to make one.
    With `kw_only`, the fields that the class itself adds are given by keyword.
    """
    return partial(_made, kw_only=kw_only) if kind is None else _made(kind, kw_only)


def _made(kind: type[T], kw_only: bool) -> type[T]:
    if kind.__doc__ is None:
        kind.__doc__ = ""  # or a signature is worked out for it
    made: Any = dataclass(slots=True, eq=False, repr=False, init=False, kw_only=kw_only)(kind)
    described: dict[str, Field[Any]] = made.__dataclass_fields__
    # The values of these fields, to be compared together.
    names = [name for name, field in described.items() if field.compare]
    made._compared = staticmethod(attrgetter(*names) if names else lambda _: ())
    made._shown = tuple(name for name, field in described.items() if field.repr)
    if "__init__" not in kind.__dict__:
        # An `__init__` that is compiled, and takes this one's place, when it is called.

        def __init__(self: Any, *given: Any, **named: Any) -> None:
            made.__init__ = _compiled(made)
            made.__init__(self, *given, **named)

        made.__init__ = __init__
    for name, method in (("__eq__", _equal), ("__hash__", _hash), ("__repr__", _show)):
        if name not in kind.__dict__ or (name == "__hash__" and kind.__dict__[name] is None):
            setattr(made, name, method)
    return cast(type[T], made)


def _compiled(made: Any) -> Callable[..., None]:
    """What `@dataclass` would have made: a parameter for each field, those that are given by keyword last."""
    own = fields(made)
    known: dict[str, Any] = {"MISSING": MISSING}
    plain = [_parameter(f, known) for f in own if f.init and not f.kw_only]
    named = [_parameter(f, known) for f in own if f.init and f.kw_only]
    parameters = ", ".join(["self", *plain, *(["*", *named] if named else [])])
    lines = [_assigned(f, known) for f in own if f.init or f.default_factory is not MISSING]
    if hasattr(made, "__post_init__"):
        lines.append("self.__post_init__()")
    exec(f"def __init__({parameters}):\n " + "\n ".join(lines or ["pass"]), known)
    compiled: Callable[..., None] = known["__init__"]
    compiled.__qualname__ = f"{made.__qualname__}.__init__"
    return compiled


def _parameter(field: Field[Any], known: dict[str, Any]) -> str:
    if field.default_factory is not MISSING:
        return f"{field.name}=MISSING"
    if field.default is not MISSING:
        known[f"default_{field.name}"] = field.default
        return f"{field.name}=default_{field.name}"
    return field.name


def _assigned(field: Field[Any], known: dict[str, Any]) -> str:
    if field.default_factory is MISSING:
        return f"self.{field.name} = {field.name}"
    known[f"make_{field.name}"] = field.default_factory
    made = f"make_{field.name}()"
    kept = f"{made} if {field.name} is MISSING else {field.name}" if field.init else made
    return f"self.{field.name} = {kept}"


if TYPE_CHECKING:
    from dataclasses import replace as changed
else:

    def changed(one: T, /, **changes: object) -> T:
        """The record with some of its fields changed: `dataclasses.replace`, without making it from its parts again."""
        copied = _copiers.get(one.__class__) or _copier(one.__class__)
        made = copied(one)
        for name, value in changes.items():
            setattr(made, name, value)
        return made


def _copier(kind: Any) -> Callable[[Any], Any]:
    """What copies a record of this kind, field by field."""
    lines = [f"made.{field.name} = one.{field.name}" for field in fields(kind)]
    known: dict[str, Any] = {"kind": kind, "new": object.__new__}
    exec("def copied(one):\n made = new(kind)\n " + "\n ".join([*lines, "return made"]), known)
    copied = _copiers[kind] = known["copied"]
    return cast(Callable[[Any], Any], copied)


def _equal(self: Any, other: Any) -> object:
    if other.__class__ is not self.__class__:
        return NotImplemented
    compared: Callable[[Any], object] = self._compared
    return compared(self) == compared(other)


def _hash(self: Any) -> int:
    return hash((self.__class__, self._compared(self)))


def _show(self: Any) -> str:
    shown = ", ".join(f"{name}={getattr(self, name)!r}" for name in self._shown)
    return f"{self.__class__.__qualname__}({shown})"
