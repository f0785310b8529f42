"""What a container's health check asks: the API's health path, or where none is named, whether the port takes connections.

Each is a program in the application's own language, since images without a shell have no other.
"""

from __future__ import annotations

import json

from batten.harden.intent import Intent
from batten.harden.options import Options
from batten.model.record import record

SECONDS = 2  # for one answer


@record(kw_only=True)
class Asks:
    """`path` is "" where a connection is enough; `host` is the name that the API may insist on."""

    port: int
    path: str
    host: str


def asks(intent: Intent) -> Asks:
    """Raises HardenProblem for a host of the policy that is none: it gets into a program."""
    application = intent.stack.application
    names = (*intent.options.names, *intent.policy.hosts)
    named = tuple(name for name in names if "*" not in name)[:1]
    Options(names=named)
    host = named[0] if named else f"127.0.0.1:{application.port}"
    return Asks(port=application.port, path=application.health, host=host)


def in_python(check: Asks) -> str:
    if not check.path:
        return f"import socket; socket.create_connection(('127.0.0.1', {check.port}), {SECONDS}).close()"
    asked = f"c.request('GET', {json.dumps(check.path)}, headers={{'Host': {json.dumps(check.host)}}})"
    return (
        f"import http.client, sys; c = http.client.HTTPConnection('127.0.0.1', {check.port}, timeout={SECONDS}); {asked}; "
        "sys.exit(c.getresponse().status >= 400)"
    )


def in_javascript(check: Asks) -> str:
    failed = "() => process.exit(1)"
    limit = f"setTimeout({failed}, {SECONDS}000).unref()"
    if not check.path:
        opened = f"require('net').connect({check.port}, '127.0.0.1')"
        return f"{opened}.on('connect', () => process.exit(0)).on('error', {failed}); {limit}"
    where = json.dumps(
        {"host": "127.0.0.1", "port": check.port, "path": check.path, "headers": {"Host": check.host}}
    )
    return f"require('http').get({where}, a => process.exit(+(a.statusCode >= 400))).on('error', {failed}); {limit}"


def in_go(check: Asks) -> str:
    if not check.path:
        return f"""package main

import (
	"net"
	"os"
	"time"
)

func main() {{
	link, err := net.DialTimeout("tcp", "127.0.0.1:{check.port}", {SECONDS}*time.Second)
	if err != nil {{
		os.Exit(1)
	}}
	_ = link.Close()
}}
"""
    return f"""package main

import (
	"net/http"
	"os"
	"time"
)

func main() {{
	asked, err := http.NewRequest("GET", "http://127.0.0.1:{check.port}{check.path}", nil)
	if err != nil {{
		os.Exit(1)
	}}
	asked.Host = {json.dumps(check.host)}
	client := http.Client{{Timeout: {SECONDS} * time.Second, Transport: &http.Transport{{}}}}
	answer, err := client.Do(asked)
	if err != nil || answer.StatusCode >= 400 {{
		os.Exit(1)
	}}
}}
"""


def in_java(check: Asks) -> str:
    """By a socket: the JDK's clients of HTTP do not send another Host than that of the address."""
    asked = ""
    if check.path:
        asked = f"""
            String asked = "GET {check.path} HTTP/1.0\\r\\nHost: {check.host}\\r\\n\\r\\n";
            link.getOutputStream().write(asked.getBytes("US-ASCII"));
            String line = new java.io.BufferedReader(
                new java.io.InputStreamReader(link.getInputStream(), "US-ASCII")).readLine();
            if (line == null || !line.matches("HTTP/1[.]. [123].*")) {{
                System.exit(1);
            }}"""
    return f"""public class Health {{
    public static void main(String[] words) throws Exception {{
        try (java.net.Socket link = new java.net.Socket()) {{
            link.connect(new java.net.InetSocketAddress("127.0.0.1", {check.port}), {SECONDS}000);
            link.setSoTimeout({SECONDS}000);{asked}
        }}
    }}
}}
"""
