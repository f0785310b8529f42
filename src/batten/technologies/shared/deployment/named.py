"""Files that commands of a tree's own scripts, Makefiles and pipelines name, and as what: a command decides what a file is, whatever
the file is called (`kubectl apply -f app.txt`, `docker build -f Dockerfile2`, `nginx -c ./web`)."""

from __future__ import annotations

import itertools
import posixpath
import re
from collections.abc import Iterable, Iterator

from batten import masking
from batten.formats import Unreadable, Workspace
from batten.model import Location, Problem, Span
from batten.model.record import record
from batten.patterns import Glob

_MOST_CHARACTERS = 400_000
_MOST_NAMED = 500  # files of a tree that commands name
_SCRIPT = re.compile(
    r"\.gitlab-ci\.ya?ml|\.drone\.ya?ml|\.woodpecker\.ya?ml|\.travis\.ya?ml|(?:bitbucket|azure)-pipelines\.ya?ml|cloudbuild\.ya?ml"
    r"|buildspec\.ya?ml|Jenkinsfile|.+\.(?:sh|bash|zsh|ksh|service|mk|ps1|bat|cmd)|Procfile|fabfile\.py|GNUmakefile|[Mm]akefile"
    r"|\.?[Jj]ustfile|[Tt]askfile\.ya?ml|package\.json|Rakefile|Vagrantfile|Earthfile|\.envrc|\.env"
)
_PIPELINES = re.compile(
    r"(?:^|/)(?:\.github/workflows|\.github/actions/.+|\.gitea/workflows|\.forgejo/workflows|\.gitlab(?:/ci)?|\.circleci|\.woodpecker)/[^/]+\.ya?ml"
)
_BARE = re.compile(r"(?:^|/)(?:scripts?|bin|ci|deploy|deployment|ops|hack|tools)/[\w-]+")
_CONTINUED = re.compile(r"\\\r?\n")
_COMMENT = re.compile(r"^[ \t]*(?:#(?!!)|//|REM\b).*$", re.MULTILINE)
_END = re.compile(r"[\n;|`]|&&|\|\||(?<=\s)&(?=\s)|\)(?=\s|$)")
_WORD = re.compile(r"(?:[^\s\"']|\"[^\"\n]*\"|'[^'\n]*')+")
_ASSIGNED = re.compile(
    r"(?:^|[\s;])(?:export[ \t]+)?(?P<name>[A-Za-z_]\w*)[ \t]*(?::|\?|::)?=[ \t]*(?P<quote>[\"']?)(?P<value>[\w./~-]+)(?P=quote)(?=[\s;]|$)",
    re.MULTILINE,
)
_VARIABLE = re.compile(r"\$(?:\{(?P<braced>\w+)\}|(?P<bare>\w+))")
_MADE = re.compile(r"\$\((\w+)\)")  # a variable of make, as long as a shell's
_FOLDER = re.compile(
    r"(?:\bcd[ \t]+|working-directory:[ \t]*|\bpushd[ \t]+|(?<=\s)-C[ \t]+)[\"']?(?P<path>[\w./-]+)"
)
_MAGIC = frozenset("*?[")


@record
class _Form:
    """How a program names its files: the options, or with "" the first word that is no option. `needs` are words of which one
    must be there (`apply`)."""

    technology: str
    program: str  # a pattern
    options: tuple[str, ...]
    needs: frozenset[str] = frozenset()
    read: bool = True  # False: the technology's reader takes no such file by itself


def _form(technology: str, program: str, options: str, needs: str = "", read: bool = True) -> _Form:
    return _Form(technology, program, tuple(options.split()), frozenset(needs.split()), read)


# Sources: the pages of each program's command line in its vendor's documentation.
_FORMS = (
    _form("kubernetes", r"kubectl|oc", "-f --filename", "apply create replace delete diff run set"),
    _form("kubernetes", r"kubectl|oc|helm|helmfile", "--kubeconfig"),
    _form("kubernetes", r"podman", "0:play 0:kube", "kube"),
    _form("bake", r"docker[ \t]+buildx[ \t]+bake", "-f --file"),
    _form("dockerfile", r"(?:docker|podman|nerdctl)(?:[ \t]+(?:buildx|image|builder))?[ \t]+build|buildah(?:[ \t]+(?:bud|build))|kaniko|/kaniko/executor", "-f --file --dockerfile"),
    _form("compose", r"docker-compose|podman-compose|(?:docker|podman|nerdctl)(?:[ \t]+--[\w-]+[= ][^\s]+)?[ \t]+compose", "-f --file"),
    _form("compose", r"docker[ \t]+stack[ \t]+(?:deploy|up)", "-c --compose-file"),
    _form("environment", r"docker-compose|(?:docker|podman|nerdctl)[ \t]+(?:compose|run|container[ \t]+run|create)", "--env-file"),
    _form("helm", r"helm", "-f --values", "install upgrade template", read=False),
    _form("nginx", r"nginx|openresty", "-c"),
    _form("apache", r"httpd|apache2|apachectl|apache2ctl", "-f"),
    _form("haproxy", r"haproxy", "-f"),
    _form("envoy", r"envoy|func-e[ \t]+run", "-c --config-path"),
    _form("caddy", r"caddy", "--config -c", "run start reload adapt validate"),
    _form("traefik", r"traefik", "--configFile --configfile"),
    _form("lighttpd", r"lighttpd", "-f"),
    _form("kong", r"kong", "-c --conf", "start restart reload prepare"),
    _form("kong", r"deck", "-s --state", "sync gateway"),
    _form("redis", r"redis-server|valkey-server|redis-sentinel|valkey-sentinel", "positional"),
    _form("mongodb", r"mongod|mongos", "-f --config"),
    _form("mysql", r"mysqld|mysqld_safe|mariadbd|mariadbd-safe|mysql|mysqldump", "--defaults-file --defaults-extra-file"),
    _form("postgresql", r"postgres|pg_ctl", "config_file hba_file"),
    _form("mosquitto", r"mosquitto", "-c --config-file"),
    _form("nats", r"nats-server", "-c --config"),
    _form("etcd", r"etcd", "--config-file"),
    _form("php", r"php", "-c --php-ini"),
    _form("php", r"php-fpm[\d.]*", "-y --fpm-config -c --php-ini"),
    _form("pgbouncer", r"pgbouncer", "positional"),
    _form("prometheus", r"prometheus", "--config.file --web.config.file"),
    _form("grafana", r"grafana-server|grafana[ \t]+server", "--config -config"),
    _form("kafka", r"kafka-server-start(?:\.sh)?", "positional"),
    _form("zookeeper", r"zookeeper-server-start(?:\.sh)?", "positional"),
    _form("clickhouse", r"clickhouse-server|clickhouse[ \t]+server", "-C --config-file --config"),
    _form("qdrant", r"qdrant", "--config-path"),
    _form("terraform", r"(?:terraform|tofu)", "-var-file --var-file"),
    _form("cloudformation", r"aws[ \t]+cloudformation", "--template-file --template-body"),
    _form("cloudformation", r"sam", "-t --template --template-file", "build deploy validate package"),
    _form("serverless", r"serverless|sls", "-c --config"),
    _form("docker", r"dockerd", "--config-file"),
    _form("pm2", r"pm2", "positional"),
    _form("gunicorn", r"gunicorn", "-c --config"),
    _form("hypercorn", r"hypercorn", "-c --config"),
)  # fmt: skip
_ANY = re.compile(  # ours: made of the table above
    rf"(?<![\w.$/-])(?:[\w./-]*/)?(?:{'|'.join(f'(?P<f{number}>{form.program})' for number, form in enumerate(_FORMS))})(?=[ \t])"
)
_PREFILTER = re.compile(  # ours: made of the table above
    "|".join(
        sorted({word for form in _FORMS for word in re.findall(r"(?:^|[|:(])([A-Za-z][\w-]+)", form.program)})
    )
    + "|COMPOSE_FILE"
)
_COMPOSE_FILE = re.compile(r"\bCOMPOSE_FILE[ \t]*(?::|\?)?[=:][ \t]*[\"']?(?P<files>[^\s\"'#;]+)")


@record
class NamedFile:
    """A file that a command names, as what; `read`: whether the technology's reader takes a file of any name."""

    path: str
    technology: str
    at: Location
    read: bool = True


def is_script(path: str) -> bool:
    """Whether a file of this name holds commands."""
    return (
        _SCRIPT.fullmatch(posixpath.basename(path)) is not None
        or _PIPELINES.search(path) is not None
        or (_BARE.search(path) is not None and "." not in posixpath.basename(path))
    )


def named_files(paths: Iterable[str], workspace: Workspace) -> Iterator[NamedFile | Problem]:
    """The files that the scripts among these paths name, each once for each technology. A script that cannot be understood costs
    what it names only."""
    listed = list(paths)
    seen: set[tuple[str, str]] = set()
    for path in filter(is_script, listed):
        try:
            text = workspace.start(path, _MOST_CHARACTERS)
        except Unreadable:
            continue  # its own reader says so, if it has one
        try:
            found = list(_named(path, text, listed, workspace)) if _PREFILTER.search(text) else []
        except Exception as error:
            message = f"its commands could not be read: {masking.failure(error)}"
            hint = (
                "internal error: please report it with the file; files that its commands name may be unread"
            )
            yield Problem(path, "discover", message, hint=hint)
            continue
        for one in found:
            if (one.path, one.technology) not in seen:
                seen.add((one.path, one.technology))
                yield one
            if len(seen) >= _MOST_NAMED:
                return


def _named(path: str, text: str, listed: list[str], workspace: Workspace) -> Iterator[NamedFile]:
    flat = _COMMENT.sub(lambda m: " " * len(m[0]), _CONTINUED.sub(lambda m: " " * len(m[0]), text))
    flat = flat.replace("\\n", " \n") if path.endswith(".json") else flat
    flat = _MADE.sub(r"${\1}", flat)
    known = {found["name"]: found["value"] for found in _ASSIGNED.finditer(flat)}
    homes = dict.fromkeys((posixpath.dirname(path), "", *(found["path"] for found in _FOLDER.finditer(flat))))
    for technology, read, word, span in _words(flat, known):
        for target in _targets(word, homes, listed, workspace):
            yield NamedFile(target, technology, Location(path, "command", span), read)


def _words(flat: str, known: dict[str, str]) -> Iterator[tuple[str, bool, str, Span]]:
    """(technology, whether it is read, what is named, the command) of each file that a command is given."""
    for found in _COMPOSE_FILE.finditer(flat):
        for word in re.split(r"[:,]", _filled(found["files"], known)):
            yield "compose", True, word, Span(*found.span())
    for found in _ANY.finditer(flat):
        start = found.end()
        end = _END.search(flat, start)
        stop = end.start() if end is not None else len(flat)
        words = [_bare(_filled(m[0], known)) for m in _WORD.finditer(flat, start, stop)]
        form = _FORMS[next(int(name[1:]) for name, value in found.groupdict().items() if value is not None)]
        program = re.sub(r"\s+", " ", found[0].rpartition("/")[2])
        span = Span(found.start(), stop)
        for one in _FORMS:
            if one is form or re.fullmatch(one.program, program):  # ours: made of the table above
                for word in _given(one, words, flat[flat.rfind("\n", 0, found.start()) + 1 : found.start()]):
                    yield one.technology, one.read, word, span


def _given(form: _Form, words: list[str], before: str) -> Iterator[str]:
    """What the options of a command are given; "-" is what the line pipes or redirects into it."""
    if not words or (form.needs and form.needs.isdisjoint(words)):
        return
    if form.options == ("positional",):
        plain = [
            w
            for w in words
            if not w.startswith("-") and w not in ("start", "restart", "reload", "startOrRestart", "<", ">")
        ]
        yield from plain[:1]
        return
    if form.options[0].startswith("0:"):
        yield from [w for w in words if not w.startswith("-") and w not in ("play", "kube", "down")][:1]
        return
    for word, following in zip(words, [*words[1:], ""], strict=True):
        option, sign, value = word.partition("=")
        if option in form.options:
            yield from _spread(value if sign else following, words, before)
        elif len(word) > 2 and word[:2] in form.options and word[1] != "-" and not sign:
            yield from _spread(word[2:], words, before)
        elif (
            option.startswith("-")
            and option[1:2] != "-"
            and len(option) > 2
            and f"-{option[-1]}" in form.options
            and option[1:].isalpha()
        ):
            yield from _spread(value if sign else following, words, before)  # -Rf


def _spread(value: str, words: list[str], before: str) -> Iterator[str]:
    if value in ("-", "/dev/stdin"):
        yield from (after for word, after in itertools.pairwise(words) if word == "<")
        yield from (word.lstrip("<") for word in words if word.startswith("<") and len(word) > 1)
        if before.rstrip().endswith("|"):
            yield from (_bare(m[0]).lstrip("<") for m in _WORD.finditer(before) if not m[0].startswith("-"))
        return
    yield from value.split(",")


def _targets(word: str, homes: Iterable[str], listed: list[str], workspace: Workspace) -> Iterator[str]:
    name = word.removeprefix("file://").strip("\"'")
    if (
        not name
        or "://" in name
        or "$" in name
        or name.startswith(("-", "/", "~", "|", ">", "&"))
        or len(name) > 300
    ):
        return
    for home in homes:
        path = workspace.resolve(posixpath.join(home, "x"), name)
        if path is None or path in ("", "."):
            continue
        if not _MAGIC.isdisjoint(path):
            glob = Glob(path)
            found = [one for one in listed if glob.match(one)]
            yield from found
            if found:
                return
        elif workspace.exists(path):
            yield path
            return


def _filled(word: str, known: dict[str, str]) -> str:
    if "$" not in word:
        return word
    return _VARIABLE.sub(lambda m: known.get(m["braced"] or m["bare"] or "", m[0]), word)


def _bare(word: str) -> str:
    return word.replace('"', "").replace("'", "").rstrip(",")
