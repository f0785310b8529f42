"""What a target makes: files that follow from their inputs, and secrets that are generated once."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from batten.model.record import record

Earlier = Mapping[str, bytes]


@record
class Secret:
    """A file with mode 0600 that is generated where it is not there yet, and never rewritten.

    `path` is relative to the output folder; `make` gets the secrets that stand before it, by path.
    """

    path: str
    make: Callable[[Earlier], bytes]
    what: str  # for people: "password of the database's owner"
    owner: int | None = None  # number of the only user who reads it; None: the user who runs batten


@record
class Made:
    """`files` are texts by path below the output folder, the same for the same inputs. `notes` say what is left to
    people, and what the target cannot do; `images` are container images that it names, by role."""

    files: Mapping[str, str]
    secrets: tuple[Secret, ...] = ()
    notes: tuple[str, ...] = ()
    images: Mapping[str, str] | None = None
