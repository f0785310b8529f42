"""Untrusted patterns: expressions and globs, matched in time linear in the text.

`compiled` takes an expression as Python's `re` writes it, `fits` a glob, and `shortest` gives a text that an expression takes,
`needles` texts without which it is found nowhere.
What cannot be answered within bounds is None, which is "unknown": a control does not flag it.
"""

from batten.patterns.globs import Glob, fits
from batten.patterns.literals import needles
from batten.patterns.pattern import BadPattern, Pattern, compiled
from batten.patterns.texts import shortest

__all__ = ["BadPattern", "Glob", "Pattern", "compiled", "fits", "needles", "shortest"]
