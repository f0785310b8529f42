"""Text in, tree with exact spans out, and edits back. Knows syntax, knows nothing of security."""

from batten.formats.document import Document, SyntaxProblem, apply
from batten.formats.tree import Mapping, Node, Scalar, Sequence, key_path
from batten.formats.workspace import Unreadable, Workspace

__all__ = [
    "Document",
    "Mapping",
    "Node",
    "Scalar",
    "Sequence",
    "SyntaxProblem",
    "Unreadable",
    "Workspace",
    "apply",
    "key_path",
]
