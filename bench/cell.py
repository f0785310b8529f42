"""What a cell costs: `python bench/cell.py [TIMES]`.

A program that does nothing and `nginx -t` on a small file, each started as it is and in every kind of cell, in turns. The
figures are milliseconds, the median and the least; a cell's cost is the difference of the least to the program alone,
since a busy machine takes as long as it likes for the others.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from batten.cell import COPY, ROOM, Answer, Order, bare, bubblewrap, keeper, landlock
from batten.cell.place import Place, lay_out, outward, place_for
from batten.technologies.edges.nginx.validator import nginx

ALLOWED = 40.0  # milliseconds that bubblewrap's cell may add
KINDS = {"bubblewrap": bubblewrap, "launcher": landlock, "trusted": bare}
TEXT = (
    f"daemon off; pid {ROOM}/pid; events {{}}\n"
    f"http {{ access_log off; client_body_temp_path {ROOM}/b; proxy_temp_path {ROOM}/p; fastcgi_temp_path {ROOM}/f;"
    f" uwsgi_temp_path {ROOM}/u; scgi_temp_path {ROOM}/s; server {{ listen 127.0.0.1:20080; }} }}\n"
)


def main(times: int) -> int:
    """Print the table; 1 when bubblewrap's cell costs more than is allowed."""
    orders = {"true": Order(Path("/usr/bin/true"))}
    if nginx():
        arguments = ("-t", "-q", "-p", f"{ROOM}/", "-c", f"{COPY}/test.conf", "-e", "stderr")
        orders["nginx -t"] = Order(Path(nginx()[0]), arguments, {"test.conf": TEXT.encode()})
    worst = 0.0
    print(f"{'program':10} {'cell':12} {'median':>8} {'least':>8} {'added':>8}")
    for name, order in orders.items():
        with place_for() as place:
            lay_out(order, place, moved=True)
            ways: dict[str, Callable[[], object]] = {"none": partial(alone, order, place)}
            ways |= {kind: partial(celled, order, kind) for kind in KINDS}
            costs = measured(ways, times)
        least = {kind: min(taken) for kind, taken in costs.items()}
        for kind, taken in costs.items():
            added = least[kind] - least["none"]
            print(f"{name:10} {kind:12} {statistics.median(taken):8.1f} {least[kind]:8.1f} {added:8.1f}")
        worst = max(worst, least["bubblewrap"] - least["none"])
    print(f"bubblewrap's cell adds at most {worst:.1f} ms; {ALLOWED:.0f} are allowed")
    return int(worst > ALLOWED)


def measured(ways: dict[str, Callable[[], object]], times: int) -> dict[str, list[float]]:
    """Milliseconds, taken in turns so that a busy machine is busy for all of them."""
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(times):
        for name, way in ways.items():
            start = time.perf_counter()
            way()
            taken[name].append((time.perf_counter() - start) * 1000)
    return taken


def alone(order: Order, place: Place) -> None:
    """The program on the same files without anything of batten's."""
    arguments = (os.fsdecode(outward(a.encode(), place)) for a in order.arguments)
    subprocess.run(
        [str(order.program), *arguments], capture_output=True, check=True, stdin=subprocess.DEVNULL
    )


def celled(order: Order, kind: str) -> None:
    """The order in one kind of cell."""
    keeper.KINDS = {sys.platform: (KINDS[kind].__name__.rpartition(".")[2],)}
    answer = keeper.run(order)
    if not isinstance(answer, Answer) or answer.code:
        raise SystemExit(f"{kind}: {answer}")


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 25))
