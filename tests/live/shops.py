"""One shop in many stacks (`stacks/`), each a process that keeps the contract `stacks/shop.yaml`, or does not."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from live_servers import running

from needs import without
from servers import free_port

STACKS = Path(__file__).parent / "stacks"
TOKEN = "let-me-in-1234"
PYTHON = ("connexion", "flask", "fastapi", "django", "graphql")

Command = Callable[[Path, int, str], list[str]]


def _python(name: str) -> Command:
    return lambda folder, port, mode: [
        sys.executable,
        "-W",
        "ignore",
        str(STACKS / f"shop_{name}.py"),
        str(port),
        mode,
    ]


def _express(folder: Path, port: int, mode: str) -> list[str]:
    return ["env", "NODE_PATH=/usr/share/nodejs", "node", str(STACKS / "shop_express.js"), str(port), mode]


def _php(folder: Path, port: int, mode: str) -> list[str]:
    """Its document root holds what a working copy holds."""
    root = folder / "web"
    (root / ".git").mkdir(parents=True)
    (root / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
    (root / ".git" / "config").write_text("[core]\n\trepositoryformatversion = 0\n")
    (root / ".env").write_text("DB_PASSWORD=tulip-1983\nAPP_ENV=dev\n")
    (root / "info.php").write_text("<?php phpinfo();")
    (root / "config.php.bak").write_text("<?php\n$password = 'tulip-1983';\n")
    (root / "backup.sql").write_text(
        "-- MySQL dump 10.13\nCREATE TABLE users (id int);\nINSERT INTO users VALUES (1);\n"
    )
    router = str(STACKS / "shop.php")
    options = ["-d", f"expose_php={'1' if mode == 'open' else '0'}"]
    return [
        "env",
        f"SHOP={mode}",
        "PHP_CLI_SERVER_WORKERS=4",
        "php",
        *options,
        "-S",
        f"127.0.0.1:{port}",
        "-t",
        str(root),
        router,
    ]


def _ruby(folder: Path, port: int, mode: str) -> list[str]:
    return ["ruby", "-W0", str(STACKS / "shop.rb"), str(port), mode]


def _java(folder: Path, port: int, mode: str) -> list[str]:
    return ["java", "-XX:TieredStopAtLevel=1", str(STACKS / "Shop.java"), str(port), mode]


_SERVER = """<Server port="-1"><Service name="Catalina"><Connector port="{port}" address="127.0.0.1" protocol="HTTP/1.1"/>
<Engine name="Catalina" defaultHost="localhost"><Host name="localhost" appBase="webapps" autoDeploy="false">{valve}</Host></Engine>
</Service></Server>"""
_APP = """<web-app xmlns="https://jakarta.ee/xml/ns/jakartaee" version="6.0">
<servlet><servlet-name>jsp</servlet-name><servlet-class>org.apache.jasper.servlet.JspServlet</servlet-class></servlet>
<servlet-mapping><servlet-name>jsp</servlet-name><url-pattern>*.jsp</url-pattern></servlet-mapping>
<servlet><servlet-name>order</servlet-name><jsp-file>/order.jsp</jsp-file></servlet>
<servlet-mapping><servlet-name>order</servlet-name><url-pattern>/v1/orders/*</url-pattern></servlet-mapping>
</web-app>"""
_ORDER = """<%@ page contentType="application/json" %><%
int id = Integer.parseInt(request.getPathInfo().substring(1));
%>{"id": <%= id %>, "lines": []}"""
_QUIET = '<Valve className="org.apache.catalina.valves.ErrorReportValve" showReport="false" showServerInfo="false"/>'


def _tomcat(folder: Path, port: int, mode: str) -> list[str]:
    """As it comes, its error report shows the trace; quiet, it is told not to."""
    root = folder / "webapps" / "ROOT"
    for place in (root / "WEB-INF", folder / "conf", folder / "logs", folder / "temp", folder / "work"):
        place.mkdir(parents=True)
    (folder / "conf" / "server.xml").write_text(
        _SERVER.format(port=port, valve="" if mode == "open" else _QUIET)
    )
    (root / "WEB-INF" / "web.xml").write_text(_APP)
    (root / "order.jsp").write_text(_ORDER)
    home = Path("/usr/share/tomcat10")
    if not home.is_dir():
        without("tomcat10")
    path = f"{home}/bin/bootstrap.jar:{home}/bin/tomcat-juli.jar"
    options = [f"-Dcatalina.home={home}", f"-Dcatalina.base={folder}", f"-Djava.io.tmpdir={folder}/temp"]
    return ["java", *options, "-cp", path, "org.apache.catalina.startup.Bootstrap", "start"]


COMMANDS: dict[str, Command] = {
    **{name: _python(name) for name in PYTHON},
    "express": _express,
    "php": _php,
    "ruby": _ruby,
    "java": _java,
    "tomcat": _tomcat,
}
PROGRAMS = {"express": "node", "php": "php", "ruby": "ruby", "java": "java", "tomcat": "java"}


@contextmanager
def shop(name: str, mode: str, folder: Path) -> Iterator[int]:
    """The port of a running shop; `mode` is "open" or "quiet"."""
    program = PROGRAMS.get(name, sys.executable)
    if shutil.which(program) is None:
        without(program)
    port = free_port()
    with running(COMMANDS[name](folder, port, mode), port, folder):
        yield port
