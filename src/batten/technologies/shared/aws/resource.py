"""AWS resources as Terraform and CloudFormation declare them, in one shape: what the mapping to facts reads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol, TypeAlias

from batten.model import Location, Setting, Unknown

# A policy document is a plain dict, however it is written; what is not known is UNKNOWN inside it.
Value: TypeAlias = str | int | float | bool | list["Value"] | dict[str, "Value"] | Unknown | None


class Resource(Protocol):
    """One resource, or one nested block of it. Names in a path are those of its language."""

    @property
    def language(self) -> str:
        """ "terraform" or "cloudformation"."""
        ...

    @property
    def type(self) -> str:
        """`aws_db_instance`, `AWS::RDS::DBInstance`; of a nested block, the block's own name."""
        ...

    @property
    def name(self) -> str:
        """What people call it in this file: the logical name."""
        ...

    @property
    def address(self) -> str:
        """What `Resources.get` and `refers_to` know it by; also the start of its pointers."""
        ...

    def block(self) -> Location:
        """The whole of it, Kind.BLOCK."""
        ...

    def value(self, *path: str) -> Setting[Value]:
        """What is at a path of nested blocks or properties; a block that stands many times: the first.

        ABSENT is at block(), pointing to the path, and so is null. A list or map is known where some of
        what it holds is UNKNOWN. What a reference comes to is UNKNOWN: ask refers_to.
        """
        ...

    def each(self, *path: str) -> Iterator[Resource]:
        """The nested blocks, or maps in a list, at a path. Nothing for what is not known: ask `whole`."""
        ...

    def whole(self, *path: str) -> bool:
        """Whether each() gives all there is at a path: no block of it is made of what is not known."""
        ...

    def parts(self, *path: str) -> list[Location]:
        """Where each item of a list at a path is written, one item being a list too; [] where that cannot be told."""
        ...

    def refers_to(self, *path: str) -> str:
        """The address of the resource that the value at a path is an attribute of; "" when of none."""
        ...

    def looked_up(self, key: str) -> tuple[str, ...]:
        """The texts that the value of a key is looked up by: those of a data source, the path of an SSM parameter."""
        ...

    def unmanaged(self, key: str) -> bool:
        """Whether the file says that something else sets a key of it (Terraform's `ignore_changes`)."""
        ...


class Resources(Protocol):
    """What a module with all that it calls, or a template, declares."""

    @property
    def complete(self) -> bool:
        """False when what cannot be read (a registry module, a broken file) may declare more."""
        ...

    def of(self, *types: str) -> Iterator[Resource]:
        """The resources of these types, in file order. One that is made many times with values of its
        own each time comes as many times, at one place."""
        ...

    def get(self, address: str) -> Resource | None: ...

    def handed_on(self, address: str) -> bool:
        """Whether something that cannot be read is given this resource, and may configure it."""
        ...

    def users(self, address: str) -> Sequence[Resource] | None:
        """The resources that name this one in an argument; None where others may: it is an output of the root, or
        something that cannot be read is given it."""
        ...

    def dormant(self, type_: str) -> Iterator[tuple[Resource, str]]:
        """The resources of a type that are declared at the top and not made, each with the variable, or condition, that makes them."""
        ...
