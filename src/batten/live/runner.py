"""The one place that touches running systems: scope, pace, budget, credentials and evidence."""

from __future__ import annotations

import asyncio
import os
import re
import socket
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from batten import __version__, masking
from batten.facts import Certificate, Fact
from batten.live.banners import weighed
from batten.live.client import Client, Streams
from batten.live.dialogue import converse
from batten.live.exchange import (
    Answer,
    Headers,
    HungUp,
    LeftAlone,
    NotAnswered,
    NotSent,
    Probe,
    Question,
    Request,
    Response,
    TcpDialogue,
    TlsHello,
)
from batten.live.pace import Pace
from batten.live.probes import stages, transport
from batten.live.scope import Names, NotReached, listening, places, scope_of
from batten.live.shortfall import Shortfall
from batten.live.survey import INVENTED, UNUSUAL, Survey
from batten.live.technology import Recognition
from batten.live.tls.handshakes import assess_tls
from batten.live.writing.created import Note, Writing
from batten.live.writing.writer import CREATING, Writer, surely
from batten.model import Created, Problem
from batten.policy import Environment

AGENT = f"batten/{__version__} (security posture check)"
OURS = (("User-Agent", AGENT), ("Accept", "*/*"), ("Accept-Encoding", "gzip"))
HARMLESS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", INVENTED, UNUSUAL})
AT_ONCE = 8  # probes in flight
SILENT = 6  # requests in a row without an answer, after which a target is left alone
REJECTED = (
    3  # requests in a row that are refused with 429 however long batten waits, after which it is left alone
)
SLOW = 4.0  # seconds after which an answer counts as a slow one …
MOST_WAITED = 240.0  # … and how many of those, over all that are in flight, an origin is worth
BACK_OFF = (0.3, 1.0, 3.0)  # seconds before a request that was refused with 429 is made again
MOST_BACK_OFF = 5.0

WRITING = "verbs that change data"
ACTIVE = "--active, or `active: true` in batten.yaml, includes them"

Progress = Callable[[int, int], None]  # requests that were made, and how many may be
_VARIABLE = re.compile(r"\$\{(\w+)\}")


@dataclass(slots=True)
class Assessment:
    """What was seen of an environment, what was not assessed, with the reason, and what was left alone on
    purpose. `complete` is False when it was interrupted: what is missing then was not assessed, never passed."""

    environment: str
    facts: list[Fact] = field(default_factory=list)
    not_assessed: list[Problem] = field(default_factory=list)
    left_alone: list[Problem] = field(default_factory=list)
    exchanges: int = 0
    complete: bool = True
    failed: frozenset[str] = frozenset()  # the probes that were not assessed
    created: list[Created] = field(default_factory=list)  # what was removed, and what was not
    left: tuple[Writing, ...] = ()  # what may have created that which was not


async def conduct(
    survey: Survey, progress: Progress | None = None, names: Names | None = None, note: Note | None = None
) -> Assessment:
    """Ask everything, then remove what was created. When it is cancelled, what is known until then is returned, marked as
    incomplete. `note` keeps each request that may create something, before it is sent."""
    runner = _Runner(survey, progress, names or Names(), note)
    try:
        await runner.everything()
    except asyncio.CancelledError:
        runner.interrupted()
    finally:
        await runner.cleaned_up()
    return runner.result()


async def clean_up(environment: Environment, writings: Iterable[Writing]) -> Assessment:
    """Remove what an earlier assessment of the environment created, as far as it is proved to be its own."""
    runner = _Runner(Survey(environment), None, Names())
    try:
        await runner.transport()
        await runner.writer.again(writings, runner.exchanged)
    except asyncio.CancelledError:
        runner.interrupted()
    finally:
        await runner.client.close()
    return runner.result()


class _Runner:
    def __init__(
        self, survey: Survey, progress: Progress | None, names: Names, note: Note | None = None
    ) -> None:
        self.survey = survey
        self.names = names
        self.progress = progress
        self.environment = survey.environment
        self.roles = roles_of(self.environment)
        self.scope = scope_of(self.environment)
        self.pace = Pace(self.environment.rate, self.environment.budget)
        self.facts: list[Fact] = []
        self.shortfall = Shortfall()
        self.recognition = Recognition()
        self.complete = True
        self.headers, secrets, missing = credentials(self.environment)
        masking.heard(secrets)
        self.client = Client(self._resolve, self.environment.timeout, secrets=secrets)
        for name in missing:
            self._failed(f"the environment variable {name} is not set", "authenticated requests")
        self._silent: dict[str, int] = {}
        self._rejected: dict[
            str, int
        ] = {}  # requests in a row that were refused with 429 to the end, by origin
        self._waited: dict[str, float] = {}  # seconds spent on slow answers, by origin
        self._pinned: dict[tuple[str, int], asyncio.Future[str]] = {}
        self.writer = Writer(survey, self.pace, self.exchanged, note)

    async def everything(self) -> None:
        await self.transport()
        for stage in stages(replace(self.survey, given=self.headers)):
            await self._all(stage)

    async def transport(self) -> None:
        """Asked first: it decides whether credentials may be sent at all."""
        await self._all(list(transport.plan(self.survey)))
        if self.headers or self.roles:
            if not self.environment.url.startswith("https://"):
                host = urlsplit(self.environment.url).hostname or ""
                channel_is_safe = host in ("localhost", "::1") or host.startswith("127.")
            else:
                host, port = next(places(self.environment.url))
                seen = [
                    f
                    for f in self.facts
                    if isinstance(f, Certificate) and f.at.source == f"https://{host}:{port}"
                ]
                channel_is_safe = bool(seen) and all(
                    f.trusted.known(False) and f.name_matches.known(False) for f in seen
                )
            if not channel_is_safe:
                reason = "the server's certificate is not trusted, so no credentials were sent"
                self._failed(reason, "authenticated requests")
                self.headers, self.roles = (), {}

    async def _all(self, probes: list[Probe]) -> None:
        results: list[list[Fact]] = [[] for _ in probes]
        waiting = iter(enumerate(probes))

        async def work() -> None:
            for index, probe in waiting:
                results[index] = await self._one(probe)

        workers = [asyncio.ensure_future(work()) for _ in range(min(AT_ONCE, len(probes)))]
        try:
            await asyncio.gather(*workers)
        finally:
            for worker in workers:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)
            # In the order of the plan, not of the answers: the same target gives the same report.
            self.facts += [fact for found in results for fact in found]

    async def _one(self, probe: Probe) -> list[Fact]:
        """Drive a probe to its end. Whatever fails costs this probe only, and is told."""
        steps = probe.steps
        try:
            question = next(steps)
            while True:
                self.survey.scene.asked += 1
                try:
                    answer = await self._ask(question)
                except NotAnswered as error:
                    self.shortfall.count(probe.family, error if _owed(question, error) else None)
                    question = steps.throw(error)
                else:
                    self.shortfall.count(probe.family)
                    question = steps.send(answer)
        except StopIteration as end:
            return self._sorted(probe, end.value or ())
        except NotAnswered as error:
            self.shortfall.note(error, probe.name, probe.family)
        except Exception as error:  # its words may hold what the target said
            self._failed(f"internal error ({type(error).__name__}): please report it", probe.name)
        finally:
            steps.close()
        return []

    def _sorted(self, probe: Probe, outcomes: Iterable[Fact | NotAnswered]) -> list[Fact]:
        found: list[Fact] = []
        for outcome in outcomes:
            if isinstance(outcome, NotAnswered):
                self.shortfall.note(outcome, probe.name, probe.family)
            else:
                found.append(outcome)
        return found

    async def _ask(self, question: Question) -> Answer:
        if isinstance(question, TlsHello):
            try:
                seconds = self.environment.timeout
                return await assess_tls(question, self._dial, self.environment.ca, self._locate, seconds)
            except OSError as error:
                raise NotAnswered(f"the connection failed: {error.strerror or error}") from error
        if isinstance(question, Request):
            self._still_answers(question.origin)
        if isinstance(question, TcpDialogue):
            await self._turn()
            return await converse(question, self.client.dial, self.environment.timeout)
        return await self._http(question)

    async def _http(self, request: Request) -> Response:
        if request.role and request.role not in self.roles:
            raise NotAnswered(f"the role {request.role} has no credentials")
        harmless = (
            request.method in HARMLESS or request.reads or (request.guess and self.environment.try_logins)
        )
        if not harmless and not self.environment.active:
            raise LeftAlone(f"{request.method} was not sent: it may change something", ACTIVE)
        if request.method in CREATING and not (request.reads or request.guess):
            return await self.writer.send(request)
        return await self.exchanged(request)

    async def _removing(self, request: Request) -> Response:
        """In a turn that was kept for it, whatever else went wrong."""
        await self.pace.turn(kept=True)
        return await self.client.send(self._dressed(request))

    async def exchanged(self, request: Request) -> Response:
        await self._turn()
        sent = self._dressed(request)
        response = await self._sent(sent)
        for wait in BACK_OFF:
            if response.status != 429 or request.guess:
                self._rejected[request.origin] = 0
                return response
            self.pace.slow()
            retry_after = response.header("retry-after")
            await asyncio.sleep(min(float(retry_after) if retry_after.isdigit() else wait, MOST_BACK_OFF))
            await self._turn()
            response = await self._sent(sent)
        self._rejected[request.origin] = self._rejected.get(request.origin, 0) + 1
        raise NotAnswered("the API rejected too many requests (429); lower `rate` in the environment")

    async def _sent(self, request: Request) -> Response:
        self._still_answers(request.origin)
        started = time.monotonic()
        try:
            response = await self.client.send(request)
        except NotAnswered as error:
            if not request.alone and _owed(request, error):
                self._silent[request.origin] = self._silent.get(request.origin, 0) + 1
            raise
        finally:
            if not request.alone:
                seconds = time.monotonic() - started
                if seconds > SLOW:
                    self._waited[request.origin] = self._waited.get(request.origin, 0.0) + seconds
        self._silent[request.origin] = 0
        self.recognition.notice(response)
        return response

    def _still_answers(self, origin: str) -> None:
        """A target that has failed several times in a row, or takes seconds for each answer, is not asked any
        more: there are hundreds of questions."""
        if self._silent.get(origin, 0) >= SILENT:
            raise NotSent(f"{origin} stopped answering")
        if self._rejected.get(origin, 0) >= REJECTED:
            raise NotSent(
                f"{origin} rejects every request (429); lower `rate` in the environment, or allow batten's address"
            )
        if self._waited.get(origin, 0.0) >= MOST_WAITED:
            raise NotSent(f"{origin} answers too slowly")

    def _dressed(self, request: Request) -> Request:
        """The request as it goes out: with Host and agent, and with credentials for the API's own origin."""
        trusted = request.origin == self.survey.origin and not request.anonymous
        own = self.roles[request.role] if request.role else self.headers
        given = (*own, *request.headers) if trusted else request.headers
        written = {n.lower() for n, _ in given}
        mine = (("Host", urlsplit(request.url).netloc.rpartition("@")[2]), *OURS)
        headers = tuple(p for p in mine if p[0].lower() not in written) + given
        return replace(request, headers=headers, credentials=bool(trusted and own))

    async def _turn(self) -> None:
        await self.pace.turn()
        if self.progress is not None:
            self.progress(self.pace.taken, self.pace.budget)

    async def _dial(self, host: str, port: int) -> Streams:
        await self._turn()
        return await self.client.dial(host, port)

    async def _locate(self, host: str, port: int) -> tuple[str, int]:
        await self._turn()
        return await self._resolve(host, port)

    async def _resolve(self, host: str, port: int) -> tuple[str, int]:
        """The address of a name, asked for once: a name that changes later leads nowhere else."""
        if (host, port) not in self.scope:
            raise NotAnswered(f"{host}:{port} is out of scope: it is not in the environment")
        known = self._pinned.get((host, port))
        if known is None:
            known = self._pinned[host, port] = asyncio.ensure_future(self._address(host, port))
        try:
            return await asyncio.shield(known), port
        except NotReached as error:
            raise NotAnswered(error.strerror or "") from error
        except socket.gaierror as error:
            raise NotAnswered(f"{host} does not resolve: {error.strerror}") from error

    async def _address(self, host: str, port: int) -> str:
        return await listening(await self.names.addresses(host), port)

    async def cleaned_up(self) -> None:
        """Remove what was created and close all connections, although the task may be cancelled again meanwhile."""
        if await surely(self._left()):
            self.complete = False  # nothing is begun after an interrupt

    async def _left(self) -> None:
        try:
            await self.writer.remove(self._removing)
        finally:
            await self.client.close()

    def interrupted(self) -> None:
        self.complete = False
        self._failed("interrupted", "all remaining probes")

    def _failed(self, reason: str, what: str) -> None:
        self.shortfall.note(NotAnswered(reason), what)

    def result(self) -> Assessment:
        if self.facts and self.environment.url and not self.environment.active:
            self.shortfall.note(LeftAlone("they may change data", ACTIVE), WRITING)
        url = self.environment.url or self.environment.name
        missed, left = list(self.shortfall.not_assessed(url)), list(self.shortfall.left_alone(url))
        failed = frozenset(missed.probe for missed in self.shortfall.failed)
        facts = weighed([*self.facts, *self.recognition.facts(self.facts)])
        return Assessment(
            self.environment.name,
            facts,
            missed,
            left,
            self.pace.taken,
            self.complete,
            failed,
            self.writer.created,
            self.writer.left,
        )


def _owed(question: Question, error: NotAnswered) -> bool:
    """Whether an answer was to be expected."""
    return not (isinstance(error, HungUp) and isinstance(question, Request) and question.malformed)


def credentials(environment: Environment) -> tuple[Headers, tuple[str, ...], list[str]]:
    """The environment's headers with their variables filled in, all secret values, those of roles too, and the
    variables that are not set. A header that lacks one is not sent."""
    headers, secrets, missing = _filled_in(environment.headers)
    for written in environment.roles.values():
        _, more, absent = _filled_in(written)
        secrets, missing = (*secrets, *more), [*missing, *absent]
    return headers, tuple(dict.fromkeys(secrets)), list(dict.fromkeys(missing))


def roles_of(environment: Environment) -> dict[str, Headers]:
    """The headers of each role that has all of its variables."""
    made = {role: _filled_in(written) for role, written in environment.roles.items()}
    return {role: headers for role, (headers, _, missing) in made.items() if headers and not missing}


def _filled_in(written: Mapping[str, str]) -> tuple[Headers, tuple[str, ...], list[str]]:
    headers, secrets, missing = [], [], []
    for name, text in written.items():
        variables = _VARIABLE.findall(text)
        absent = [v for v in variables if v not in os.environ]
        missing += absent
        if absent:
            continue
        value = _VARIABLE.sub(lambda m: os.environ[m[1]], text)
        headers.append((name, value))
        secrets += [value, *(os.environ[v] for v in variables), value.rpartition(" ")[2]]
    return tuple(headers), tuple(dict.fromkeys(s for s in secrets if s)), missing
