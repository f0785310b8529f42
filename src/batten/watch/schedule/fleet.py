"""A worker of a fleet: it waits at procrastinate's queue on PostgreSQL, and does what the loop of one process does.

Every worker ticks by turns: procrastinate defers each periodic task once over all of them. A job is only word that an
environment waits; who has the run, and for how long, is decided as everywhere (`holding.py`, `local.py`).
"""

from __future__ import annotations

import asyncio
import logging
import signal
from concurrent.futures import ThreadPoolExecutor

from procrastinate import App, PsycopgConnector
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Status

from batten.masking import sentence
from batten.watch.assess.assessment import assess
from batten.watch.schedule.holding import TERM
from batten.watch.schedule.local import Loop
from batten.watch.schedule.working import Assess
from batten.watch.settings import Watch
from batten.watch.store.database import StoreProblem
from batten.watch.store.jobs import ASSESS, ASSESSMENTS, prepare_jobs
from batten.watch.store.schema import prepare

_TICKS = "ticks"  # a queue of its own, so that long assessments hold up no tick
_EVERY = "* * * * * */10"  # seconds stand last
_BETWEEN = 5.0  # seconds before a worker that lost its database tries again
_LOG = logging.getLogger("batten.watch")


def work(watch: Watch, seconds: float, assess: Assess = assess, term: int = TERM, pause: float = 1.0) -> None:
    """Work until SIGTERM or SIGINT; what is assessed then gets so many seconds to end. Raises StoreProblem."""
    if not watch.database.fleet:
        raise StoreProblem(
            "workers on several machines require PostgreSQL; name it with --database postgresql://…"
        )
    prepare(watch.database)
    prepare_jobs(watch.database)
    logging.getLogger("procrastinate").setLevel(logging.WARNING)
    loop = Loop(watch, assess, term=term, pause=pause, alone=False)
    loop.start()
    try:
        asyncio.run(_works(watch, loop, seconds))
    finally:
        loop.stop(seconds)


async def _works(watch: Watch, loop: Loop, seconds: float) -> None:
    ended = asyncio.Event()
    running = asyncio.get_running_loop()
    for one in (signal.SIGTERM, signal.SIGINT):
        running.add_signal_handler(one, ended.set)
    running.set_default_executor(ThreadPoolExecutor(watch.settings.workers + 2, "batten-watch-fleet"))
    while not ended.is_set():
        try:
            await _waits(watch, loop, ended, seconds)
        except (ConnectorException, OSError) as error:
            _LOG.error("the worker has lost the database, and tries again: %s", sentence(str(error)))
        await _until(ended, _BETWEEN)


async def _waits(watch: Watch, loop: Loop, ended: asyncio.Event, seconds: float) -> None:
    """Wait for jobs until the process is to end, or the database is away."""
    conninfo = watch.database.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    # The tasks of a worker.
    app = App(connector=PsycopgConnector(conninfo=conninfo, min_size=1, max_size=4))

    def assess_one(environment: int) -> None:
        loop.assess(environment)

    def tick(timestamp: int) -> None:
        loop.tick()

    async def clear(timestamp: int) -> None:
        """Remove the jobs of workers that are gone; what they were word of is delivered again."""
        for job in await app.job_manager.get_stalled_jobs():
            await app.job_manager.finish_job(job, status=Status.FAILED, delete_job=True)

    app.task(name=ASSESS, queue=ASSESSMENTS)(assess_one)
    app.periodic(cron=_EVERY)(app.task(name="tick", queue=_TICKS, queueing_lock="tick")(tick))
    app.periodic(cron="* * * * *")(app.task(name="clear", queue=_TICKS, queueing_lock="clear")(clear))
    async with app.open_async():
        common = {"install_signal_handlers": False, "delete_jobs": "always", "name": loop.worker.name}
        workers = [
            asyncio.create_task(app.run_worker_async(queues=[_TICKS], concurrency=2, **common)),  # type: ignore[arg-type]
            asyncio.create_task(
                app.run_worker_async(queues=[ASSESSMENTS], concurrency=watch.settings.workers, **common)  # type: ignore[arg-type]
            ),
        ]
        asked = asyncio.create_task(ended.wait())
        await asyncio.wait([*workers, asked], return_when=asyncio.FIRST_COMPLETED)
        asked.cancel()
        for worker in workers:
            worker.cancel()  # it fetches nothing more, and waits for what it has
        await asyncio.wait(workers, timeout=seconds)
        loop.give_back()
        await asyncio.gather(*workers, return_exceptions=True)


async def _until(ended: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(ended.wait(), seconds)
    except TimeoutError:
        return
