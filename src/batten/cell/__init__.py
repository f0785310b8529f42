"""Programs that are not ours run here: in a cell, or not at all. `keeper.run` is the way in."""

from batten.cell.order import COPY, MIB, ROOM, Answer, Bounds, NotAsked, Order, undecided

__all__ = ["COPY", "MIB", "ROOM", "Answer", "Bounds", "NotAsked", "Order", "undecided"]
