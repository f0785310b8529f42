"""Templates of configuration files: what a renderer would replace, blanked so that the rest is read as written.

Jinja (Ansible, Salt), Go templates (Helm, confd, docker-gen) and ERB (Chef, Puppet). Sources:
https://jinja.palletsprojects.com/en/stable/templates/ https://pkg.go.dev/text/template
https://docs.puppet.com/puppet/latest/lang_template_erb.html
"""

from __future__ import annotations

import re

MARK = "@@"  # what begins a word, or a directive, that only the renderer knows
_MARKS = re.compile(f"{MARK}+")
_PLACES = re.compile(r"\{\{.{0,2000}?\}\}|\{%.{0,2000}?%\}|\{#.{0,5000}?#\}|<%.{0,5000}?%>", re.DOTALL)
# Conditions, loops and assignments: what is inside of them is written, they themselves are nothing.
_FLOW = re.compile(
    r"(?:\{\{-?\s*(?:if|else|end|range|with|define|block|break|continue|/\*|\$\w+\s*:?=)\b"
    r"|\{%[-+]?\s*(?!include|import|extends|call)|\{#|<%(?!=|-=)|<%-?\s*(?:if|else|end|unless)\b)"
)
_ALONE = re.compile(r"(?:^|(?<=[;{}]))[ \t]*(@@+|\$\{[A-Z_][A-Z0-9_]{1,60}\})[ \t]*\r?$", re.MULTILINE)
_SURE = re.compile(r"<%|^[ \t]*\$\{[A-Z_][A-Z0-9_]{1,60}\}[ \t]*\r?$", re.MULTILINE)


def templated(text: str) -> bool:
    """Whether a text has a renderer's marks, which another language may have, too."""
    return "{{" in text or "{%" in text or "{#" in text


def surely_templated(text: str) -> bool:
    """Whether a text has marks that nothing but a renderer (ERB, envsubst) takes from it."""
    return ("<%" in text or "${" in text) and _SURE.search(text) is not None


def rendered(text: str) -> str:
    """The text with marks in place of values, and blanks in place of conditions; every offset and line stays."""
    return _ALONE.sub(_directive, _PLACES.sub(_blanked, text))


def shown_filled(text: str) -> str:
    """A text for people, and for the names of places, in which the marks of values are an ellipsis."""
    return _MARKS.sub("…", text) if MARK in text else text


def _blanked(found: re.Match[str]) -> str:
    sign = " " if _FLOW.match(found[0]) else "@"
    return "\n".join(sign * len(line) for line in found[0].split("\n"))


def _directive(found: re.Match[str]) -> str:
    """A value by itself on a line may be any number of directives."""
    return found[0].replace(found[1], f"{MARK:@<{len(found[1]) - 1}};")
