"""An order's bounds as the limits that the kernel holds a process to."""

from __future__ import annotations

import resource

from batten.cell.order import Order

# Address space that a program's code, libraries and threads' stacks take beside its memory.
_BESIDE = 512 << 20


def limits(order: Order) -> list[tuple[int, int]]:
    """Kinds and values. Memory is counted by what can be written to (DATA), since Go and Envoy reserve address space
    that they never use; where nothing is reserved, shared memory is bounded too."""
    bounds = order.bounds
    made = [
        (resource.RLIMIT_CPU, bounds.processor),
        (resource.RLIMIT_DATA, bounds.memory),
        (resource.RLIMIT_FSIZE, bounds.file),
        (resource.RLIMIT_NOFILE, bounds.files),
        (resource.RLIMIT_CORE, 0),
    ]
    return made if order.reserves else [*made, (resource.RLIMIT_AS, bounds.memory + _BESIDE)]
