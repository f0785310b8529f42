"""Contents that need more than a pattern to be told from a page that answers to everything."""

from __future__ import annotations

import json
import re

from batten.live.exchange import Response

_PAGE = re.compile(rb"(?i)\A\s*(?:<!--.*?-->\s*+)*+<(?:!doctype html|html|head|body|div|script)\b", re.DOTALL)
_WORDS = """cd ls ll la pwd cat less tail head vi vim nano mv cp rm mkdir chmod chown sudo su ssh scp rsync curl wget
    git docker docker-compose kubectl helm terraform ansible ansible-playbook aws gcloud az psql mysql mysqldump
    pg_dump redis-cli valkey-cli mongo mongosh python python3 pip pip3 node npm yarn pnpm npx make cargo go java mvn
    gradle ruby rake bundle php composer systemctl service journalctl apt apt-get yum dnf apk brew export source
    echo grep find sed awk tar zip unzip gzip ps top htop kill df du free crontab exit logout clear history man which
    touch ln openssl certbot nginx haproxy ping dig nslookup netstat ss ip iptables ufw passwd useradd screen tmux
    ./manage.py uvicorn gunicorn flask django-admin heroku fly vault consul nc telnet ftp sftp env set unset printenv
    base64 jq watch date uname whoami id hostname reboot shutdown tee xargs sort uniq wc diff http"""
_COMMANDS = frozenset(_WORDS.split())
_STAMP = re.compile(r"^(?:#\d{9,11}|: \d{9,11}:\d+;)")
_ASSIGNMENT = re.compile(r"^[ \t]*(?:export\s+)?[A-Za-z_][A-Za-z0-9_]*\s*=")
_SQL = re.compile(
    r"(?i)^[ \t]*(?:select|insert|update|delete|create|alter|drop|grant|show|use|describe|\\[a-z])\b"
)
_CODE = re.compile(
    r"^[ \t]*(?:import \w|from [\w.]+ import |print\(|const |let |var |require[ (]|exit\(|\w+ = |\w+\.\w+\()"
)
_LOG = re.compile(
    r"^\[?\d{4}[-/]\d{2}[-/]\d{2}[T ]\d{2}:\d{2}:\d{2}|^\[\w{3} \w{3} \d{2} \d{2}:\d{2}:\d{2}|^\d+ (?:verbose|info|error) "
)

# Titles and headings of nginx, Apache, lighttpd, Python, Express, Jetty, Tomcat and IIS.
_LISTED = re.compile(
    r"(?i)<(?:title|h[12])[^>]*>\s*(?:index of|directory listing for|listing directory|directory:) \[?/"
    r"|<title>[\w.:-]+ - /[^<]*</title>[\s\S]*\[To Parent Directory\]"
)
# Caddy's page is titled with the path alone, and has links that sort it; Go's is a list of links and nothing else.
_TITLED = re.compile(r"(?i)<title>\s*/[^<]*</title>")
_SORTED = re.compile(r"href=\"\?sort=name(?:dirfirst)?&(?:amp;)?order=")
_BARE = re.compile(
    r"(?:<!doctype html>\s*)?(?:<meta [^>]*>\s*)?<pre>\n(?:<a href=\"[^\"<>]+\">[^<>]+</a>\n)+</pre>\n?"
)


_PASSWORD_FIELD = re.compile(r"(?i)<input\b[^<>]{0,500}\btype\s*=\s*[\"']?password\b")


def is_login(response: Response) -> bool:
    """Whether the page wants a password before it shows more."""
    return is_page(response) and _PASSWORD_FIELD.search(response.text[:200_000]) is not None


def is_page(response: Response) -> bool:
    return bool(_PAGE.match(response.body[:2000]))


def _lines(response: Response) -> list[str]:
    """Lines of a plain text file; none when it is not one."""
    if response.status != 200 or is_page(response) or b"\0" in response.body[:4000]:
        return []
    return [line for line in response.text[:100_000].splitlines()[:400] if line.strip()]


def _mostly(lines: list[str], those: list[str], share: float, least: int = 1) -> bool:
    return len(those) >= least and len(those) >= share * len(lines)


def shell_history(response: Response) -> bool:
    lines = _lines(response)
    stamped = [line for line in lines if _STAMP.match(line)]
    told = [_STAMP.sub("", line).strip() for line in lines]
    commands = [line for line in told if line]
    known = [c for c in commands if _command(c) in _COMMANDS]
    return _mostly(commands, known, 0.5 if not stamped else 0.3, least=2)


def _command(line: str) -> str:
    words = line.split()
    while words and _ASSIGNMENT.match(words[0]):
        words = words[1:]
    return words[0].rpartition("/")[2] if words and not words[0].startswith("./") else (words or [""])[0]


def environment_file(response: Response) -> bool:
    lines = [line for line in _lines(response) if not line.lstrip().startswith("#")]
    return _mostly(lines, [line for line in lines if _ASSIGNMENT.match(line)], 0.6)


def sql_history(response: Response) -> bool:
    lines = _lines(response)
    told = [line.replace("\\040", " ") for line in lines if not line.startswith("_HiStOrY_V2_")]
    return _mostly(told, [line for line in told if _SQL.match(line)], 0.5)


def code_history(response: Response) -> bool:
    lines = [line for line in _lines(response) if not line.startswith("_HiStOrY_V2_")]
    return _mostly(lines, [line for line in lines if _CODE.match(line.replace("\\040", " "))], 0.4, least=2)


def application_log(response: Response) -> bool:
    lines = _lines(response)
    return _mostly(lines, [line for line in lines if _LOG.match(line)], 0.3)


def api_schema(response: Response) -> bool:
    """An OpenAPI or Swagger document, in JSON or YAML."""
    if response.status != 200 or is_page(response):
        return False
    text = response.text
    try:
        document = json.loads(text)
    except ValueError:
        return bool(
            re.search(r"^(?:openapi|swagger):\s*['\"]?\d", text, re.MULTILINE)
            and re.search(r"^paths:", text, re.MULTILINE)
        )
    return (
        isinstance(document, dict)
        and ("openapi" in document or "swagger" in document)
        and "paths" in document
    )


def listing(response: Response) -> bool:
    """An index of a directory as servers make it, or of a bucket."""
    if response.status != 200:
        return False
    text = response.text[:50_000]
    if "<ListBucketResult" in text or "<EnumerationResults" in text:
        return True
    named = _LISTED.search(text) or (_TITLED.search(text) and _SORTED.search(text))
    return bool(named and re.search(r"(?i)<a[^>]* href=", text)) or bool(_BARE.fullmatch(text))
