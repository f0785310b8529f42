"""What is demanded of every stack: judges over facts, a module a family. They know no syntax."""

from batten.controls._registry import Control, all_controls, control, judges_about, judges_of

__all__ = ["Control", "all_controls", "control", "judges_about", "judges_of"]
