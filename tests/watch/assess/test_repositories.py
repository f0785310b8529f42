"""Repositories of strangers, fetched and assessed: what their files say is read, and nothing of theirs is run or followed."""

from __future__ import annotations

import base64
import hashlib
import os
import socket
import subprocess
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

import live_servers
import pytest
from live_servers import nginx, write_pem
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from batten.cell.child import Bounds
from batten.live.addresses import networks
from batten.watch.assess import assessment
from batten.watch.assess.assessment import AssessProblem, assess
from batten.watch.model import DAY, MINUTE, Assessed, Environment, Owned, Side, Source
from batten.watch.schedule.housekeeping import UNUSED, tidy
from batten.watch.settings import Settings
from batten.watch.store.database import now
from needs import needs, where
from servers import application, free_port
from waiting import until

pytestmark = needs("git", where("git"))
WHO = ("-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "protocol.file.allow=always")
CONF = "events {}\nhttp { server { listen 443 ssl; server_name a.example; ssl_protocols TLSv1 TLSv1.2; } }\n"


def git(top: Path, *words: str, given: bytes = b"") -> str:
    done = subprocess.run(["git", *WHO, *words], cwd=top, check=True, capture_output=True, input=given)
    return done.stdout.decode().strip()


def repository(top: Path, files: dict[str, str | bytes]) -> str:
    """A repository with these files at its one commit, whose digest is returned."""
    top.mkdir(parents=True)
    git(top, "init", "-q", "-b", "main")
    return committed(top, files)


def committed(top: Path, files: dict[str, str | bytes]) -> str:
    for name, content in files.items():
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    git(top, "add", "-A", "-f")
    git(top, "commit", "-qm", "a")
    return git(top, "rev-parse", "HEAD")


def crafted(top: Path, *entries: tuple[str, bytes, str]) -> str:
    """A commit with a tree that git would not make: rows of mode, name and the digest of an object."""
    body = b"".join(m.encode() + b" " + n + b"\0" + bytes.fromhex(d) for m, n, d in entries)
    data = b"tree %d\0" % len(body) + body
    digest = hashlib.sha1(data).hexdigest()
    place = top / ".git/objects" / digest[:2] / digest[2:]
    place.parent.mkdir(exist_ok=True)
    place.write_bytes(zlib.compress(data))
    commit = git(top, "commit-tree", "-m", "a", digest)
    git(top, "update-ref", "refs/heads/main", commit)
    return commit


def assessed(top: Path, told: list[str] | None = None, seconds: float = 120.0, **settings: str) -> Assessed:
    """The assessment of the repository `top/source`, by a service whose data are in `top/data`."""
    (top / "data").mkdir(exist_ok=True)
    one = Environment(
        id=7, team=1, service="orders", stage="prod", source=Source.REPOSITORY,
        settings={"url": str(top / "source"), **settings},
    )  # fmt: skip
    made = Settings(
        folder=top / "data",
        most_seconds=seconds,
        repositories=(top,),
        target_networks=networks(["127.0.0.0/8"]),
    )
    return assess(one, made, (told if told is not None else []).append, lambda: False, Owned(alone=True))


def controls(found: Assessed) -> set[str]:
    return {one.control for one in found.found}


def test_a_repository_is_read_at_its_commit_and_again_where_it_changed(tmp_path: Path) -> None:
    first = repository(tmp_path / "source", {"edge/nginx.conf": CONF, "a b/ü.txt": b"\0\xff"})
    told: list[str] = []
    found = assessed(tmp_path, told)
    assert (found.commit, found.places) == (first, {"edge/nginx.conf"})
    assert found.complete == found.sides == {Side.DECLARED} and "tls-version" in controls(found)
    assert any(line == "reading files" for line in told)
    again: list[str] = []
    assert assessed(tmp_path, again) == found and "reading files" not in again
    second = committed(tmp_path / "source", {"edge/nginx.conf": CONF.replace("TLSv1 ", "")})
    fixed = assessed(tmp_path)
    assert fixed.commit == second != first and "tls-version" not in controls(fixed)
    assert "tls-version" in fixed.judged[Side.DECLARED]


def test_a_branch_a_tag_a_commit_and_a_folder_are_found(tmp_path: Path) -> None:
    first = repository(
        tmp_path / "source", {"one/nginx.conf": CONF, "two/nginx.conf": CONF, "two/batten.yaml": ""}
    )
    git(tmp_path / "source", "tag", "v1")
    committed(tmp_path / "source", {"README": "a"})
    git(tmp_path / "source", "config", "uploadpack.allowReachableSHA1InWant", "true")
    assert assessed(tmp_path, ref="v1").commit == first == assessed(tmp_path, ref=first).commit
    assert assessed(tmp_path, ref="main").commit != first
    one = assessed(tmp_path, folder="one")
    assert one.places == {"nginx.conf"} and one.complete
    with pytest.raises(AssessProblem, match="the repository has no folder three"):
        assessed(tmp_path, folder="three")


@pytest.mark.parametrize("settings", [{"ref": "nosuch"}, {"url": "nowhere"}])
def test_what_is_not_there_is_told_in_a_sentence(tmp_path: Path, settings: dict[str, str]) -> None:
    repository(tmp_path / "source", {"a": "b"})
    given = {**settings, "url": str(tmp_path / settings.get("url", "source"))}
    with pytest.raises(
        AssessProblem, match=r"couldn't find remote ref|does not appear to be a git repository"
    ):
        assessed(tmp_path, **given)


def test_a_file_that_is_ignored_and_tracked_is_the_repositorys(tmp_path: Path) -> None:
    repository(tmp_path / "source", {".gitignore": "nginx.conf\n", "nginx.conf": CONF})
    found = assessed(tmp_path)
    assert all(
        one.counts for one in found.found if one.control == "tls-version"
    ) and "tls-version" in controls(found)


def test_nothing_of_the_repository_is_run(tmp_path: Path) -> None:
    marker = tmp_path / "pwned"
    run = f"touch {marker}"
    repository(
        tmp_path / "source",
        {
            "nginx.conf": CONF,
            ".gitattributes": "* filter=evil diff=evil merge=evil export-subst\n",
            ".gitmodules": f'[submodule "a"]\n\tpath = a\n\turl = ext::sh -c "{run}"\n\tupdate = !{run}\n'
            f'[submodule "b"]\n\tpath = b\n\turl = --upload-pack={run}\n\tfetchRecurseSubmodules = true\n',
            "batten.yaml": "ignore: [x]\n",
        },
    )
    source = tmp_path / "source"
    for name in ("post-checkout", "post-merge", "pre-auto-gc", "post-index-change", "reference-transaction"):
        hook = source / ".git/hooks" / name
        hook.write_text(f"#!/bin/sh\n{run}\n")
        hook.chmod(0o755)
    for name in ("core.fsmonitor", "core.sshCommand", "core.pager", "filter.evil.smudge", "uploadpack.packObjectsHook",
                 "core.alternateRefsCommand", "credential.helper", "diff.external", "core.gitProxy"):  # fmt: skip
        git(source, "config", name, run)
    inner = git(source, "rev-parse", "HEAD")
    git(source, "-c", "core.fsmonitor=false", "update-index", "--add", "--cacheinfo", f"160000,{inner},a")
    git(source, "-c", "core.fsmonitor=false", "commit", "-qm", "b")
    marker.unlink(missing_ok=True)  # what our own commands above ran
    assert "tls-version" in controls(assessed(tmp_path))
    assert not marker.exists()


def test_links_lead_nowhere(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "nginx.conf").write_text(CONF)
    source = tmp_path / "source"
    repository(source, {"real/nginx.conf": CONF})
    for name, target in (
        ("etc", "/etc"), ("up", "../../../.."), ("abs.conf", str(outside / "nginx.conf")), ("sideways", "real/../../outside"),
        ("inside.conf", "real/nginx.conf"), ("loop", "loop"), ("folder", "real"),
    ):  # fmt: skip
        (source / name).symlink_to(target)
    committed(source, {})
    found = assessed(tmp_path)
    assert found.places == {"real/nginx.conf"}


def test_trees_that_git_would_not_make_write_nothing_elsewhere(tmp_path: Path) -> None:
    source = tmp_path / "source"
    repository(source, {"nginx.conf": CONF})
    blob = git(source, "hash-object", "-w", "--stdin", given=CONF.encode())
    target = git(source, "hash-object", "-w", "--stdin", given=b"/tmp")
    inner = git(source, "mktree", given=f"100644 blob {blob}\tnginx.conf\n".encode())
    crafted(
        source,
        ("100644", b"../../escaped.conf", blob),
        ("100644", b"..", blob),
        ("100644", b".", blob),
        ("40000", b"..", inner),
        ("40000", b".git", inner),
        ("40000", b".GIT", inner),
        ("100644", b"/abs.conf", blob),
        ("100644", b"a/b/nginx.conf", blob),
        ("120000", b"link", target),
        ("40000", b"link", inner),
        ("100644", b"n" * 300, blob),
        ("100644", b"nginx.conf", blob),
        ("40000", b"nginx.conf", inner),
        ("100644", b"\xff.conf", blob),
    )
    before = {path for path in tmp_path.rglob("*") if "data" not in path.parts}
    found = assessed(tmp_path)
    assert {path for path in tmp_path.rglob("*") if "data" not in path.parts} == before
    assert "nginx.conf" in found.places and not any(".." in place for place in found.places)
    assert not Path("/tmp/nginx.conf").exists()


def test_what_is_too_large_is_told_and_costs_nothing_else(tmp_path: Path) -> None:
    large = b"events {}\n#" + os.urandom(1 << 20) * 9
    repository(tmp_path / "source", {"nginx.conf": CONF, "large/nginx.conf": large, "large/image.png": large})
    found = assessed(tmp_path)
    assert "nginx.conf" in found.places and found.unread == {"large/nginx.conf"}
    assert any(
        "large/nginx.conf: the file has more than 8 MiB; it was not fetched" in p for p in found.problems
    )


def test_a_repository_decides_nothing_about_where_requests_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TARGET_GIT", "hunter2hunter2hunter2")
    port = free_port()
    policy = (
        f"environments:\n  prod:\n    url: http://127.0.0.1:{port}\n    rate: 1000\n    active: true\n"
        "    headers: {X-Stolen: '${TARGET_GIT}'}\n"
    )
    repository(tmp_path / "source", {"nginx.conf": CONF, "batten.yaml": policy})
    refused = assessed(tmp_path, environment="prod")
    assert Side.OBSERVED not in refused.judged and any("not probed" in p for p in refused.problems)
    log = tmp_path / "seen.log"
    server = f"""log_format all '$request_method $http_x_stolen'; server {{ listen 127.0.0.1:{port};
        access_log {log} all; location / {{ return 200 'a'; }} }}"""
    with nginx(tmp_path, port, server):
        found = assessed(tmp_path, environment="prod", allow=f"http://127.0.0.1:{port}", token="TARGET_GIT")
    assert "hunter2" not in (log.read_text() if log.exists() else "")
    assert any("TARGET_GIT" in problem for problem in found.problems)
    committed(
        tmp_path / "source", {"batten.yaml": policy.replace("    headers: {X-Stolen: '${TARGET_GIT}'}\n", "")}
    )
    with nginx(tmp_path, port, server):
        live = assessed(tmp_path, environment="prod", allow=f"http://127.0.0.1:{port}")
    assert set(live.judged) == set(Side) and "tls-required" in controls(live)
    verbs = {line.split()[0] for line in log.read_text().splitlines()}
    assert "GET" in verbs and not verbs & {"POST", "PUT", "PATCH", "DELETE"}
    with pytest.raises(AssessProblem, match=r"batten\.yaml has no environment 'other'; it has prod"):
        assessed(tmp_path, environment="other")


@contextmanager
def over_https(top: Path) -> Iterator[tuple[str, list[str]]]:
    """The address of git's own server behind TLS, and the credentials that it was sent. Below /moved/ it redirects."""
    said: list[str] = []

    async def served(request: Request) -> Response:
        said.append(request.headers.get("authorization", ""))
        if request.url.path.startswith("/moved/"):
            return RedirectResponse(f"https://127.0.0.1:{request.url.port}/source?{request.url.query}")
        environment = {
            "PATH": os.environ["PATH"], "GIT_PROJECT_ROOT": str(top), "GIT_HTTP_EXPORT_ALL": "1",
            "PATH_INFO": request.url.path, "QUERY_STRING": request.url.query, "REQUEST_METHOD": request.method,
            "CONTENT_TYPE": request.headers.get("content-type", ""),
            "HTTP_CONTENT_ENCODING": request.headers.get("content-encoding", ""),
            "GIT_PROTOCOL": request.headers.get("git-protocol", ""),
        }  # fmt: skip
        done = await run_in_threadpool(
            subprocess.run,
            ["git", "http-backend"],
            env=environment,
            input=await request.body(),
            capture_output=True,
        )
        head, _, body = done.stdout.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
        return Response(body, int(headers.pop("Status", "200")[:3]), headers)

    certificate, key = write_pem(top, live_servers.certificate(None))
    app = Starlette(routes=[Route("/{rest:path}", served, methods=["GET", "POST"])])
    with application(app, ssl_certfile=certificate, ssl_keyfile=key) as port:
        yield f"https://127.0.0.1:{port}", said


def test_over_https_the_token_goes_to_the_named_host_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TARGET_GIT", "hunter2hunter2hunter2")
    first = repository(tmp_path / "source", {"nginx.conf": CONF, "large.conf": b"a" * (9 << 20)})
    git(tmp_path / "source", "config", "uploadpack.allowFilter", "true")
    with over_https(tmp_path) as (url, said):
        with pytest.raises(AssessProblem, match="certificate"):
            assessed(tmp_path, url=f"{url}/source/.git", token="TARGET_GIT")
        assert said == []
        monkeypatch.setenv("SSL_CERT_FILE", str(next(tmp_path.glob("*.pem"))))
        found = assessed(tmp_path, url=f"{url}/source/.git", token="TARGET_GIT")
        assert found.commit == first and "tls-version" in controls(found)
        expected = base64.b64encode(b"x-access-token:hunter2hunter2hunter2").decode()
        assert set(said) == {f"Basic {expected}"}
        with pytest.raises(AssessProblem, match=r"redirect|update the URL|unable to access"):
            assessed(tmp_path, url=f"{url}/moved/source/.git", token="TARGET_GIT")
    (mirror,) = (
        path for path in (tmp_path / "data/repositories").iterdir() if (path / "refs/batten").is_dir()
    )
    kept = sum(path.stat().st_size for path in mirror.rglob("*") if path.is_file())
    assert kept < 1 << 20  # the large file was not fetched
    assert b"hunter2" not in b"".join(path.read_bytes() for path in mirror.rglob("*") if path.is_file())


def test_a_repository_that_is_too_large_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repository(tmp_path / "source", {f"{n}.bin": os.urandom(1 << 20) for n in range(3)})
    monkeypatch.setattr(assessment, "Bounds", partial(Bounds, file=1 << 20))
    with pytest.raises(AssessProblem, match="the repository is larger than batten fetches"):
        assessed(tmp_path)
    assert not list((tmp_path / "data/work").iterdir())


def test_a_server_that_hangs_costs_its_time_and_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "source").mkdir()
    with socket.create_server(("127.0.0.1", 0), backlog=16) as server:
        address = f"https://127.0.0.1:{server.getsockname()[1]}/a"
        with pytest.raises(AssessProblem, match="stopped: it did not finish within 5 s"):
            assessed(tmp_path, url=address, seconds=5.0)
        until(lambda: not running(address), "the end of git and of what it started")


def running(words: str) -> list[str]:
    """The processes whose command line or environment has these words."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            said = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
            found += [process.name] if words.encode() in said else []
    return found


def test_a_mirror_that_a_kill_left_broken_is_made_again(tmp_path: Path) -> None:
    repository(tmp_path / "source", {"nginx.conf": CONF})
    found = assessed(tmp_path)
    (mirror,) = (path for path in (tmp_path / "data/repositories").iterdir() if path.is_dir())
    for name in ("shallow.lock", "config.lock", "refs/batten/now.lock"):
        (mirror / name).write_bytes(b"")
    second = committed(tmp_path / "source", {"other.txt": "a"})
    assert assessed(tmp_path).commit == second and not (mirror / "shallow.lock").exists()
    for pack in (
        *mirror.rglob("*.pack"),
        *(path for path in (mirror / "objects").rglob("*") if len(path.name) == 38),
    ):
        pack.chmod(0o600)
        pack.write_bytes(b"garbage")
    third = committed(tmp_path / "source", {"more.txt": "a"})
    again = assessed(tmp_path)
    assert again.commit == third and again.found == found.found
    (mirror / "HEAD").unlink()
    assert assessed(tmp_path).found == found.found
    (tmp_path / "source").rename(tmp_path / "gone")
    with pytest.raises(
        AssessProblem, match=r"gone|does not appear|cannot be read|not a folder|no such|repository"
    ):
        assessed(tmp_path)
    assert mirror.exists()


def test_two_assessments_of_one_repository_follow_each_other(tmp_path: Path) -> None:
    repository(tmp_path / "source", {"nginx.conf": CONF})
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(lambda _: assessed(tmp_path), range(2))
    assert first == second and "tls-version" in controls(first)


def test_what_nobody_uses_for_a_month_is_removed(tmp_path: Path) -> None:
    repository(tmp_path / "source", {"nginx.conf": CONF})
    found = assessed(tmp_path)
    settings = Settings(folder=tmp_path / "data", repositories=(tmp_path,))
    used = now()
    assert tidy(settings, used + UNUSED - 60 * MINUTE) == 0
    assert tidy(settings, used + UNUSED + MINUTE) == 2 and tidy(settings, used + UNUSED + MINUTE) == 0
    assert not list((tmp_path / "data/repositories").glob("*/HEAD"))
    (tmp_path / "data/work/batten-killed/tree").mkdir(parents=True)
    assert tidy(settings, used) == 0 and tidy(settings, used + DAY + MINUTE) == 1
    assert not list((tmp_path / "data/work").iterdir())
    assert assessed(tmp_path) == found
    assert tidy(Settings(folder=tmp_path / "nowhere"), used) == 0


def test_a_repository_that_is_broken_is_told(tmp_path: Path) -> None:
    repository(tmp_path / "source", {"batten.yaml": "environments: [a]\n", "nginx.conf": CONF})
    with pytest.raises(AssessProblem, match=r"batten\.yaml:1:"):
        assessed(tmp_path)
