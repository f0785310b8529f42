"""`contexts:` in batten.yaml: what lies where, and what that does to findings."""

from __future__ import annotations

from batten.formats import Mapping, Node
from batten.model import Context, Severity
from batten.policy.contexts import DEFAULTS, Rule
from batten.policy.reading import Fields

_RULED = ", ".join(c.value for c in Context if c is not Context.PRODUCTION)


def globs_and_rules(
    fields: Fields, node: Node | None
) -> tuple[tuple[tuple[str, Context], ...], dict[Context, Rule]]:
    """`GLOB: context` rows in their order, and `context: {severity: …, gate: …}` rows. Raises PolicyProblem."""
    globs, rules = [], dict(DEFAULTS)
    for entry in fields.mapping(node, "contexts") if node is not None else ():
        key = str(entry.key.value)
        if isinstance(entry.value, Mapping):
            # What production does is said by `gate`, `controls` and `waivers`, each of which is told in the report.
            if key not in _RULED.split(", "):
                fields.complain(
                    entry.key, f"'{key}' is not a context with settings", f"write one of: {_RULED}"
                )
            context = Context(key)
            default = rules[context]
            made = fields.mapping(entry.value, "a context", ("severity", "gate"))
            most = default.most
            if made["severity"] is not None:
                kept = fields.string(made["severity"]) == "keep"
                most = None if kept else fields.severity(made["severity"], Severity.LOW)
            rules[context] = Rule(most, bool(fields.boolean(made["gate"], default.gate)))
        else:
            globs.append((key, _context(fields, entry.value)))
    return tuple(globs), rules


def _context(fields: Fields, node: Node) -> Context:
    name = fields.string(node)
    try:
        return Context(name)
    except ValueError:
        fields.complain(
            node, f"'{name}' is not a context", f"write one of: {', '.join(c.value for c in Context)}"
        )
