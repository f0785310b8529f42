"""The external processor as a gRPC server, on asyncio. Needs the extra `batten[extproc]`."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import grpc
import grpc.aio

from batten.files import Refused
from batten.files.named import read_named
from batten.guard.accounting import Accounting
from batten.guard.extproc.exchange import Exchange, OutOfStep
from batten.guard.extproc.messages import asked, written
from batten.guard.extproc.protobuf import Malformed
from batten.guard.log import logger
from batten.guard.options import GuardProblem, Rule
from batten.guard.proxy.reloading import Ready, compiled, stamps
from batten.guard.proxy.settings import Address, Settings, tcp
from batten.guard.requests.buckets import Buckets
from batten.guard.tally import Tally
from batten.guard.traffic.counts import Traffic
from batten.policy import PolicyProblem

SERVICE = "envoy.service.ext_proc.v3.ExternalProcessor"
_ROOM = 1_048_576  # bytes of a message beside the body: headers, and what Envoy reads beyond its limit
_LOOPBACK = ("127.", "localhost", "::1")


class Processor:
    """What is decided; a stream keeps the contract that it began with."""

    def __init__(self, settings: Settings) -> None:
        """Raises GuardProblem and PolicyProblem."""
        self.settings = settings
        self.tally = Tally()
        self._warned = False
        self._buckets = Buckets()
        self._traffic = Traffic(settings.traffic) if settings.traffic is not None else None
        ready = compiled(settings)
        ready.announce()
        self._take(ready)

    def _take(self, ready: Ready) -> None:
        self.accounting = Accounting(ready.compiled, self.tally, self._traffic, self._buckets)
        self._files = ready.files
        self._seen = stamps(self._files)

    async def process(
        self, messages: AsyncIterator[bytes], context: grpc.aio.ServicerContext[bytes, bytes]
    ) -> AsyncIterator[bytes]:
        """One stream is one HTTP exchange. A stream that breaks off is what Envoy fails closed on, or
        open, as `failure_mode_allow` says; one that ends in order leaves the rest to Envoy."""
        exchange = Exchange(self.accounting)
        seconds = self.settings.deadlines.head
        while not exchange.done:
            try:
                message = await asyncio.wait_for(anext(messages, None), seconds)
            except TimeoutError:
                await context.abort(grpc.StatusCode.DEADLINE_EXCEEDED, "no message received")
            if message is None:
                self._warn(exchange)
                return
            try:
                yield self._answer(exchange, message)
            except (Malformed, OutOfStep) as error:
                logger.error("a message cannot be parsed: %s", error)
                await context.abort(grpc.StatusCode.INVALID_ARGUMENT, "malformed message")
            # Seconds until the next message: the slowest body, and the upstream's answer.
            limits, deadlines = self.settings.options.limits, self.settings.deadlines
            seconds = deadlines.answer + deadlines.body + limits.request_body / self.settings.slowest

    def _warn(self, exchange: Exchange) -> None:
        """Bodies that never come would pass unjudged. Once: a client that goes away looks the same."""
        if exchange.awaits_body and not self._warned:
            self._warned = True
            logger.warning("Envoy did not send a requested body; set allow_mode_override")

    def _answer(self, exchange: Exchange, message: bytes) -> bytes:
        try:
            return written(exchange.on(asked(message)))
        except (Malformed, OutOfStep):
            raise
        except Exception as error:
            if Rule.ANSWER_ERROR in exchange.accounting.compiled.observed:
                raise
            return written(exchange.broke(error))

    async def watch(self) -> None:
        """What has changed is read beside the traffic; what cannot be used changes nothing."""
        while True:
            await asyncio.sleep(self.settings.watch_seconds)
            now = stamps(self._files)
            if now != self._seen:
                self._seen = now
                await self.reload()

    def end(self) -> None:
        if self._traffic is not None:
            self._traffic.flush()

    def look_again(self) -> None:
        """At the next turn of `watch`, whether something has changed or not."""
        self._seen = ()

    async def reload(self) -> None:
        try:
            ready = await asyncio.to_thread(compiled, self.settings)
            ready.announce()
            self._take(ready)
        except (GuardProblem, PolicyProblem) as problem:
            logger.error("the new contract is invalid, the old one stays in force: %s", problem)
        else:
            logger.info("contract and policy were reloaded")


def run(settings: Settings) -> None:
    """Until SIGTERM or SIGINT. Raises GuardProblem and PolicyProblem where it cannot start."""
    asyncio.run(_serve(Processor(settings)))


async def _serve(processor: Processor) -> None:
    server, port = listening(processor)
    await server.start()
    logger.info("ext_proc on %s", Address(tcp(processor.settings.listen, "--listen").host, port))
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for sign in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(sign, stop.set)
    loop.add_signal_handler(signal.SIGHUP, processor.look_again)
    watching = asyncio.create_task(processor.watch())
    await stop.wait()
    watching.cancel()
    with suppress(asyncio.CancelledError):
        await watching
    await server.stop(processor.settings.deadlines.drain)
    processor.end()


def listening(processor: Processor) -> tuple[grpc.aio.Server, int]:
    """A server that is not started, and its port. Raises GuardProblem."""
    settings = processor.settings
    limits = settings.options.limits
    most = max(limits.request_body, limits.answer_body) * 2 + _ROOM
    server = grpc.aio.server(
        options=[("grpc.max_receive_message_length", most), ("grpc.max_send_message_length", most)],
        maximum_concurrent_rpcs=settings.connections,
    )
    method: grpc.RpcMethodHandler[bytes, bytes] = grpc.stream_stream_rpc_method_handler(processor.process)
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, {"Process": method}),))
    listen = tcp(settings.listen, "--listen")
    where = str(listen)
    if settings.certificate is None and not listen.host.startswith(_LOOPBACK):
        logger.warning("%s: requests arrive unencrypted, credentials included; add --cert", where)
    try:
        if settings.certificate is None:
            port: int = server.add_insecure_port(where)
        else:
            port = server.add_secure_port(where, _credentials(settings.certificate, settings.key))
    except RuntimeError as error:
        raise GuardProblem(
            f"cannot listen on {where}; check that the port is free and the address is local"
        ) from error
    return server, port


def _credentials(certificate: Path, key: Path | None) -> grpc.ServerCredentials:
    try:
        chain = read_named(certificate)
        return grpc.ssl_server_credentials([(read_named(key) if key is not None else chain, chain)])
    except OSError as error:
        raise GuardProblem(f"{error.filename or certificate}: {error.strerror}") from error
    except Refused as error:
        raise GuardProblem(f"{certificate}: {error}; {error.hint}") from error
