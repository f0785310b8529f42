"""Two teams of one service, each with things of its own, and a listener that counts who connects to it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from starlette.types import ASGIApp

from batten.live.addresses import networks
from batten.watch import secrets
from batten.watch.model import SERVICE, Asset, Assignment, Environment, Owned, Source
from batten.watch.schedule import acts
from batten.watch.service import application
from batten.watch.settings import Settings, Watch
from batten.watch.store import assignments, environments, teams
from batten.watch.store.database import Database
from watch_stores import sqlite

CONTRACT = "openapi: 3.1.0\ninfo: {title: a, version: '1'}\npaths: {/a: {get: {responses: {'200': {description: a}}}}}\n"


@dataclass
class Listener:
    """A port on loopback, and how many connected to it."""

    port: int
    heard: list[tuple[str, int]] = field(default_factory=list)
    got: list[bytes] = field(default_factory=list)  # what they sent first
    location: int = 0  # a port, for an answer that names one


@contextmanager
def listening(
    family: socket.AddressFamily = socket.AF_INET,
    host: str = "127.0.0.1",
    port: int = 0,
    answer: bytes = b"HTTP/1.1 404 Not Found\r\n",
) -> Iterator[Listener]:
    """Takes connections, answers 404 or something else, and keeps who came."""
    with socket.create_server((host, port), family=family, backlog=128) as server:
        made = Listener(server.getsockname()[1])

        def take() -> None:
            while True:
                try:
                    link, place = server.accept()
                except OSError:
                    return
                made.heard.append(place[:2])
                with link:
                    link.settimeout(2)
                    head = answer % made.location if b"%d" in answer else answer
                    with suppress(OSError):
                        made.got.append(link.recv(65_536))
                        link.sendall(head + b"Content-Length: 0\r\nConnection: close\r\n\r\n")

        thread = threading.Thread(target=take, daemon=True)
        thread.start()
        try:
            yield made
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join(10)


class TwoTeams:
    """shop (1) and bank (2), with secrets, folders, key files and traffic of each: TARGET_SHOP, /…/repositories/shop, and so on."""

    def __init__(self, top: Path, *target_networks: str) -> None:
        self.top = top
        self.data = top / "data"
        self.repositories = top / "repositories"
        for team in ("shop", "bank"):
            (self.repositories / team).mkdir(parents=True)
            (self.repositories / team / "nginx.conf").write_text(
                "events {}\nhttp { server { listen 443 ssl; ssl_protocols TLSv1; } }\n"
            )
            (top / "keys" / team).mkdir(parents=True)
            (top / "keys" / team / "id").write_text("key")
        self.data.mkdir()
        self.database: Database = sqlite(self.data)
        settings = Settings(
            folder=self.data,
            repositories=(self.repositories,),
            target_networks=networks(target_networks),
            alert_networks=networks(target_networks),
            most_seconds=60.0,
        )
        self.watch = Watch(self.database, settings)
        self.app: ASGIApp = application(self.watch)
        with self.database.begin() as db:
            self.shop, self.bank = teams.named(db, "shop"), teams.named(db, "bank")
            for team, number in (("shop", self.shop), ("bank", self.bank)):
                for kind in ("TARGET", "ALERT"):
                    secrets.keep(self.data, f"{kind}_{team.upper()}", self.value(team))
                    self._assign(db, Asset.SECRET, f"{kind}_{team.upper()}", number)
                self._assign(db, Asset.PATH, str(self.repositories / team), number)
                self._assign(db, Asset.PATH, str(top / "keys" / team), number)
                self._assign(db, Asset.TRAFFIC, f"{team}.db", number)
        secrets.keep(self.data, "TARGET_NOBODY", self.value("nobody"))
        secrets.keep(self.data, "ALERT_NOBODY", self.value("nobody"))

    @staticmethod
    def value(team: str) -> str:
        """The secret of a team, as a signing secret of webhooks is, too."""
        return "whsec_" + team.ljust(48, "0")

    @staticmethod
    def _assign(db: object, asset: Asset, name: str, team: int) -> None:
        acts.assign(db, SERVICE, Assignment(asset=asset, name=name, team=team), 0)  # type: ignore[arg-type]

    def assign(self, asset: Asset, name: str, team: int) -> None:
        with self.database.begin() as db:
            self._assign(db, asset, name, team)

    def withdraw(self, asset: Asset, name: str, team: int) -> None:
        with self.database.begin() as db:
            acts.withdraw(db, SERVICE, Assignment(asset=asset, name=name, team=team), 0)

    def owned(self, team: int) -> Owned:
        with self.database.read() as db:
            return assignments.owned(db, team)

    def environment(
        self, source: Source, settings: dict[str, str], team: int = 0, stage: str = "prod"
    ) -> int:
        """The id of an environment as a row of the table, which nobody judged."""
        one = Environment(
            team=team or self.bank, service="pay", stage=stage, source=source, settings=settings, created=0
        )
        with self.database.begin() as db:
            return environments.add(db, one)

    def secret(self, name: str, value: str) -> None:
        secrets.keep(self.data, name, value)
