"""What is met while the includes of a configuration are followed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from batten.formats import Document, SyntaxProblem, Unreadable, Workspace
from batten.formats.blocks import Nested
from batten.formats.workspace import parse_problem
from batten.model import Problem
from batten.technologies.shared.text.globs import MOST, MOST_BROUGHT, beyond

T = TypeVar("T")
_BLOCK = 20  # directives: what a block costs to be read again, most of all a server


@dataclass(slots=True)
class Reading:
    """One configuration while it is read. `folder` is where relative includes start from."""

    workspace: Workspace
    folder: str
    files: list[str]
    problems: list[Problem] = field(init=False, default_factory=list)
    left: int = field(
        init=False, default=MOST_BROUGHT
    )  # directives that includes may still bring, and includes

    def bring(
        self,
        file: str,
        parse: Callable[[str], T],
        unread: list[tuple[str, ...] | None],
        size: Callable[[T], int],
        expand: Callable[[Document[T]], None],
    ) -> None:
        """The statements of one file, in place. What cannot be read is a problem, and hides settings."""
        again = file in self.files
        self.left -= again
        if len(self.files) >= MOST or self.left < 0:
            unread.append(None)
            beyond(self.files[0], self.problems)
            return
        if not again:
            self.files.append(file)
        try:
            document = self.workspace.document(file, parse)
        except (SyntaxProblem, Unreadable) as error:
            self.problems.append(parse_problem(file, error, self.workspace))
            unread.append(None)
        else:
            self.left -= size(document.tree) if again else 0
            expand(document)


def weight(tree: Nested) -> int:
    """What a file counts for that is brought again: its directives, and more for each block."""
    return sum(_BLOCK if directive.children else 1 for directive in tree.walk())
