"""Paths as expressions of Go."""

from __future__ import annotations

from batten.contract.surface import Path


def spelled(path: Path) -> str:
    """Without what a Caddyfile reads within words, too: backquotes, and variables of the environment, `{$`."""
    if path.fixed:
        # For Go's expressions, which know no escaped letters, ASCII's or others.
        escaped = "".join(c if c.isalnum() or c in "/_-" or not c.isascii() else _mark(c) for c in path.fixed)
        return f"^{escaped}$"
    found = path.pattern.replace("`", r"\x60")
    return found.replace(r"\{", r"\x7b").replace(r"\}", r"\x7d")


def _mark(character: str) -> str:
    named = character in "`{}" or not character.isprintable()
    return f"\\x{ord(character):02x}" if named else f"\\{character}"
