"""What a fleet needs: `python bench/watch_sizing.py [--environments 1000000] [--a-day 1] [--seconds 20] [--processor 2.5] [--peak 0.05]`.

A simulation of a day: every environment is due at its own time, spread evenly, but for a share (`--peak`) whose cron text says the same
minute. An assessment takes a time of its own (log-normal around `--seconds`). Runs wait in one queue for as many slots as there are.
It looks for the fewest workers with which 99 of a hundred begin within 60 seconds of their due time, with one worker in ten away; then
it adds up what they cost, from costs of one run that were measured (`bench/watch_schedule.py --postgres`, `bench/watch_questions.py`),
and says what is used up first. Everything that was measured is an option: put in your own figures.
"""

from __future__ import annotations

import argparse
import heapq
import math
import random
from collections.abc import Iterator

from batten.model.record import record

DAY = 86_400.0
_WANTED = 60.0  # seconds from due to begun, of 99 in a hundred
_SLICE = 3_600.0  # of the day, that is simulated in full where a whole day would be too long
_MOST = 120_000  # runs that are simulated one by one


@record(kw_only=True)
class Day:
    """What a simulated day showed: seconds from due to begun, the longest queue, the share of the slots that was busy."""

    p50: float
    p99: float
    queue: int
    busy: float


def main() -> None:
    given = _given()
    runs = given.environments * given.a_day
    slots = _fewest(given, runs)
    day = simulated(given, runs, slots)
    processes = math.ceil(slots / given.slots / (1 - given.away))
    print(
        f"{given.environments:,} environments, {given.a_day:g} a day: {runs / DAY:.1f} runs a second on average"
    )
    print(
        f"slots: {slots} busy ones are enough ({day.busy:.0%} of their time), begun {day.p50:.0f} s after the due time, 99th of a hundred "
        f"{day.p99:.0f} s, queue at most {day.queue:,}"
    )
    for line in _needs(given, runs, processes):
        print(line)


def _needs(given: argparse.Namespace, runs: float, processes: int) -> Iterator[str]:
    cores = runs * (given.processor + given.worker_ms / 1000) / DAY
    database = runs * given.database_ms / 1000 / DAY
    yield (
        f"workers: {processes} processes of {given.slots} slots with one in {1 / given.away:.0f} away, {processes * given.memory / 1024:.0f} GiB "
        f"of memory with their assessments, {cores:.0f} cores busy on average"
    )
    connections = processes * given.connections + given.service
    yield f"connections: {connections} ({given.connections} a process and {given.service} of the service)"
    yield f"database: {database:.2f} cores busy on average for the schedule, {runs * given.transactions / DAY:.0f} transactions a second"
    rows, events = runs * given.keep, runs * given.events * given.keep
    size = (rows * given.run_bytes + runs * given.events * given.routine * given.event_bytes) / 2**30
    kept = given.environments * given.findings * given.life_bytes / 2**30
    yield (
        f"size: {rows / 1e6:,.0f} M rows of runs in {given.keep} days, {size:,.0f} GiB with a week of routine events, and {kept:,.0f} GiB of findings "
        f"with their history ({given.findings} an environment)"
    )
    if rows > given.partition:
        parts = math.ceil(rows / given.partition)
        yield f"partitions: `run` and `event` by month above {given.partition / 1e6:,.0f} M rows: {parts} parts, which is the administrator's work; or keep fewer days (--keep-days)"
    yield f"first to end: {_first(given, connections, database, events)}"


def _first(given: argparse.Namespace, connections: int, database: float, events: float) -> str:
    used = {
        "PostgreSQL's connections (max_connections; fewer workers with more slots need fewer)": connections
        / given.most_connections,
        "PostgreSQL's processor": database / given.database_cores,
    }
    name, share = max(used.items(), key=lambda one: one[1])
    return f"{name}, {share:.0%} of it used"


def _fewest(given: argparse.Namespace, runs: float) -> int:
    """The fewest slots with which runs begin in time."""
    least = max(1, math.ceil(runs / DAY * given.seconds))
    low, high = least, least * 2
    while simulated(given, runs, high).p99 > _WANTED:
        low, high = high, high * 2
    while low < high:
        middle = (low + high) // 2
        if simulated(given, runs, middle).p99 > _WANTED:
            low = middle + 1
        else:
            high = middle
    return high


def simulated(given: argparse.Namespace, runs: float, slots: int) -> Day:
    """A part of a day that holds the peak, with its share of the runs."""
    chance = random.Random(4)
    length = min(DAY, max(_SLICE, DAY * _MOST / runs)) if runs > _MOST else DAY
    count = int(runs * (1 - given.peak) * length / DAY)
    due = [chance.random() * length for _ in range(count)]
    due += [length / 2 + chance.random() * given.jitter for _ in range(int(runs * given.peak / given.a_day))]
    spread = 0.6  # of the logarithm: one in a hundred takes four times the middle
    middle = math.log(given.seconds) - spread**2 / 2
    free = [0.0] * slots
    lags, ends, busy, longest = [], [], 0.0, 0
    for at in sorted(due):
        start = max(at + given.tick * chance.random(), heapq.heappop(free))
        takes = chance.lognormvariate(middle, spread)
        heapq.heappush(free, start + takes)
        busy += takes
        lags.append(start - at)
        while ends and ends[0] <= at:
            heapq.heappop(ends)
        heapq.heappush(ends, start)
        longest = max(longest, len(ends))
    lags.sort()
    return Day(
        p50=lags[len(lags) // 2], p99=lags[len(lags) * 99 // 100], queue=longest, busy=busy / (slots * length)
    )


def _given() -> argparse.Namespace:
    options = argparse.ArgumentParser()
    number = options.add_argument
    number("--environments", type=int, default=1_000_000)
    number("--a-day", type=float, default=1.0, help="assessments of each environment")
    number("--seconds", type=float, default=20.0, help="of one assessment, on average")
    number(
        "--processor",
        type=float,
        default=2.5,
        help="seconds of processor of one assessment (reading, probing, judging)",
    )
    number(
        "--peak", type=float, default=0.02, help="share of the environments that are due in the same minute"
    )
    number(
        "--jitter", type=float, default=3_600.0, help="seconds over which those are spread by their jitter"
    )
    number("--tick", type=float, default=10.0, help="seconds between two ticks")
    number("--away", type=float, default=0.1, help="share of the workers that may be away")
    number("--slots", type=int, default=8, help="assessments at a time in a worker (--workers)")
    number("--memory", type=float, default=700.0, help="MiB of a worker with its assessments")
    number("--worker-ms", type=float, default=30.0, help="processor of a worker for the schedule of one run")
    number("--database-ms", type=float, default=11.0, help="processor of PostgreSQL for one run")
    number("--transactions", type=float, default=12.0, help="of one run")
    number("--connections", type=int, default=10, help="of one worker")
    number("--service", type=int, default=15, help="connections of the service")
    number("--most-connections", type=int, default=500)
    number("--database-cores", type=int, default=8)
    number("--keep", type=int, default=400, help="days that runs are kept")
    number("--run-bytes", type=float, default=800.0, help="of a run with its indexes")
    number("--event-bytes", type=float, default=330.0, help="of an event with its indexes")
    number("--events", type=float, default=3.0, help="of one run without changes")
    number("--routine", type=float, default=7.0, help="days that routine events are kept")
    number("--findings", type=int, default=40, help="of an environment, with those that were fixed")
    number(
        "--life-bytes", type=float, default=1_500.0, help="of a finding with its spans, indexes and details"
    )
    number("--partition", type=float, default=1e8, help="rows from which a table is better parted")
    return options.parse_args()


if __name__ == "__main__":
    main()
