"""`content:` in batten.yaml: what hosts and paths serve."""

from __future__ import annotations

import re

from batten.facts import Content
from batten.formats import Mapping, Node
from batten.policy.content import MOST_POLICY, ContentRow, is_csp
from batten.policy.reading import Fields

WORDS = {"api": Content.API, "pages": Content.PAGE, "both": Content.BOTH, "assets": Content.ASSET}
ROW = ("serves", "csp")
_WORD_OF = {content: word for word, content in WORDS.items()}
_PLACE = re.compile(r"(?P<host>\*|(?:\*\.)?[\w-][\w.-]*)?(?::\d+)?(?P<path>/\S*)?")


def served(fields: Fields, node: Node | None) -> tuple[ContentRow, ...]:
    """One word for all, or rows `HOST[/PATH]: word` and `/PATH: word`, with `{serves: word, csp: policy}` where the author wants
    a Content-Security-Policy of their own. Raises PolicyProblem."""
    if node is None:
        return ()
    if not isinstance(node, Mapping):
        return (ContentRow("*", "/", word(fields, node)),)
    return tuple(_row(fields, entry.key, entry.value) for entry in fields.mapping(node, "content"))


def word(fields: Fields, node: Node) -> Content:
    """What is served, in the words of batten.yaml. Raises PolicyProblem."""
    text = fields.string(node)
    if text not in WORDS:
        fields.complain(node, f"'{text}' is not a kind of content", f"write one of: {', '.join(WORDS)}")
    return WORDS[text]


def word_of(content: Content) -> str:
    """The word of batten.yaml for what is served."""
    return _WORD_OF[content]


def _row(fields: Fields, key: Node, value: Node) -> ContentRow:
    text = fields.string(key)
    found = _PLACE.fullmatch(text)
    if not text or found is None:
        fields.complain(key, f"'{text}' is not a host or a path", 'write HOST, HOST/PATH, /PATH or "*"')
    host, path = (found["host"] or "*").lower(), found["path"] or "/"
    if not isinstance(value, Mapping):
        return ContentRow(host, path, word(fields, value))
    made = fields.mapping(value, "content", ROW)
    if made["serves"] is None:
        fields.complain(made, "what is served is missing", f"write `serves:` with one of: {', '.join(WORDS)}")
    content, policy = word(fields, made["serves"] or made), fields.string(made["csp"])
    if made["csp"] is not None and content is Content.API:
        fields.complain(
            made["csp"],
            "data has no policy of its own",
            "omit `csp:`, or write `serves: pages`, both or assets",
        )
    if made["csp"] is not None and not is_csp(policy):
        fields.complain(
            made["csp"],
            "this cannot be sent as a Content-Security-Policy",
            "write directives with sources, such as default-src 'self'; img-src 'self' https://images.example.com, without quotes "
            f"other than ', without commas and in at most {MOST_POLICY} characters",
        )
    return ContentRow(host, path, *(content, policy))
