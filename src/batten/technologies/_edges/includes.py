"""What is met while the includes of nginx and Apache are followed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from batten.formats import Document, SyntaxProblem, Unreadable, Workspace
from batten.formats.blocks import Directive
from batten.formats.workspace import parse_problem
from batten.model import Problem
from batten.technologies._edges.nodes import Item
from batten.technologies._text.globs import MOST, MOST_BROUGHT, beyond


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
        parse: Callable[[str], Directive],
        into: Item,
        expand: Callable[[Document[Directive]], None],
    ) -> None:
        """The directives of one file, in place. What cannot be read is a problem, and hides settings."""
        again = file in self.files
        self.left -= again
        if len(self.files) >= MOST or self.left < 0:
            into.unread.append(None)
            beyond(self.files[0], self.problems)
            return
        if not again:
            self.files.append(file)
        try:
            document = self.workspace.document(file, parse)
        except (SyntaxProblem, Unreadable) as error:
            self.problems.append(parse_problem(file, error, self.workspace))
            into.unread.append(None)
        else:
            self.left -= len(document.tree.children) if again else 0
            expand(document)
