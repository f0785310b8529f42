"""Where clients' own files keep a password or a token.

Sources: GNU inetutils (netrc), https://www.postgresql.org/docs/current/libpq-pgpass.html, git-credential-store(1),
https://docs.npmjs.com/cli/configuring-npm/npmrc, https://yarnpkg.com/configuration/yarnrc,
https://packaging.python.org/en/latest/specifications/pypirc/, https://docs.docker.com/reference/cli/docker/login/,
https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-files.html, https://doc.rust-lang.org/cargo/reference/config.html,
https://getcomposer.org/doc/articles/authentication-for-private-packages.md, https://maven.apache.org/settings.html,
https://learn.microsoft.com/nuget/reference/nuget-config-file, https://developer.hashicorp.com/terraform/cli/config/config-file,
https://developer.hashicorp.com/terraform/language/state/sensitive-data
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from batten.model import Span
from batten.model.record import record
from batten.technologies._registry import globbed
from batten.technologies.shared.secrets import credentials
from batten.technologies.shared.secrets.credentials import Found, key_name, password_name
from batten.technologies.shared.secrets.evidence import Place


@record
class Entry:
    """A value in a file of credentials: the name that carries it, what it is by its place, and where it is."""

    name: str
    field: str  # "password", "token"
    span: Span


Form = Callable[[str], Iterator[Entry]]

_MOST = 2000  # entries of one file
# A value that holds one of these words was written to be replaced, whatever is around it.
_STANDS_IN = re.compile(
    r"example|change[-_ ]?me|placeholder|dummy|your[-_ ]|x{4,}|redacted|replace[-_ ]?(?:me|with)|insert[-_ ]|^<|<[^>]*>|\$\{|\$\(|%\(|\{\{|\.\.\.",
    re.IGNORECASE,
)

_NETRC = re.compile(r"\"(?P<quoted>[^\"\n]{1,2000})\"|(?P<bare>\S+)")
_PGPASS = re.compile(
    r"^(?P<host>(?:[^:\\\n#]|\\.)(?:[^:\\\n]|\\.)*+)?(?::(?:[^:\\\n]|\\.)*+){3}:(?P<v>[^\n\r]+)", re.MULTILINE
)
_LOGIN = re.compile(r"\bhttps?://(?:[^\s:/@]*:)?(?P<v>[^\s:/@]+)@(?P<host>[^\s/:]+)")
_SECTION = re.compile(r"(?<!\[)\[++(?P<name>[^\[\]\n]++)\]")
_LINE = re.compile(
    r"^[ \t]*(?P<key>:?(?://[^\s=]{1,300}:)?[\w.-]{1,100})[ \t]*[:=][ \t]*(?P<quote>[\"']?)(?P<v>[^\n\r]*?)(?P=quote)[ \t]*\r?$",
    re.MULTILINE,
)
_JSON = re.compile(r'"(?P<key>[\w.:/-]{1,200})"\s{0,20}:\s{0,20}"(?P<v>(?:[^"\\\n]|\\.){1,4000})"')
_OF_MADE = {
    "random_password": ("result", "bcrypt_hash"),
    "tls_private_key": ("private_key_pem", "private_key_openssh", "private_key_pem_pkcs8"),
}
_ELEMENT = re.compile(r"<(?P<key>password|passphrase)>(?P<v>[^<{\n]{1,1000})</(?:password|passphrase)>")
_NUGET = re.compile(
    r"<add[ \t]+key[ \t]*=[ \t]*\"(?P<key>ClearTextPassword)\"[ \t]+value[ \t]*=[ \t]*\"(?P<v>[^\"\n]{1,1000})\""
)
_FILEZILLA = re.compile(r'<(?P<key>Pass)(?: encoding="base64")?>(?P<v>[^<\n]{1,1000})</Pass>')
_ATTRIBUTE = re.compile(
    r"\b(?P<key>userPWD|password)[ \t]{0,8}=[ \t]{0,8}(?P<quote>[\"'])(?P<v>[^\"'<\n]{1,1000})(?P=quote)"
)
_WHOLE = re.compile(r"\A\s*(?P<v>\S{20,400})\s*\Z")
_FUSE = re.compile(r"^(?:[^:\s#]+:)?[A-Z0-9]{16,128}:(?P<v>\S{20,200})\s*$", re.MULTILINE)


def netrc(text: str) -> Iterator[Entry]:
    """Words in pairs: `machine NAME login NAME password VALUE`; a macro runs to an empty line."""
    host, before, macro_end = "default", "", 0
    for word in _NETRC.finditer(text):
        if word.start() < macro_end or _commented(text, word):
            continue
        value = word["quoted"] or word["bare"]
        if before == "machine":
            host = value
        elif before == "password":
            yield Entry(host, "password", Span(*word.span("quoted" if word["quoted"] else "bare")))
        elif value == "macdef":
            macro_end = text.find("\n\n", word.end()) + 1 or len(text)
        before = "" if before in ("machine", "login", "password", "account") else value


def _commented(text: str, word: re.Match[str]) -> bool:
    start = max(text.rfind("\n", 0, word.start()) + 1, word.start() - 200)
    return text[start : word.end()].lstrip().startswith("#")


def pgpass(text: str) -> Iterator[Entry]:
    for found in _PGPASS.finditer(text):
        yield Entry(found["host"] or "*", "password", Span(*found.span("v")))


def logins(text: str) -> Iterator[Entry]:
    """The password or token in the user part of each address."""
    for found in _LOGIN.finditer(text):
        yield Entry(found["host"], "password", Span(*found.span("v")))


def whole(text: str) -> Iterator[Entry]:
    found = _WHOLE.match(text)
    if found is not None:
        yield Entry("token", "token", Span(*found.span("v")))


def fuse(text: str) -> Iterator[Entry]:
    for found in _FUSE.finditer(text):
        yield Entry("secret access key", "token", Span(*found.span("v")))


def elements(text: str) -> Iterator[Entry]:
    for found in (*_ELEMENT.finditer(text), *_NUGET.finditer(text), *_FILEZILLA.finditer(text)):
        yield Entry(found["key"], "password", Span(*found.span("v")))


def attributes(text: str) -> Iterator[Entry]:
    for found in _ATTRIBUTE.finditer(text):
        yield Entry(found["key"], "password", Span(*found.span("v")))


def lines(*keys: str) -> Form:
    """Values of these keys, one a line, with the section that they are in; no key: those whose names are of a secret."""
    wanted = frozenset(keys)

    def form(text: str) -> Iterator[Entry]:
        section, until = "", 0
        for found in _LINE.finditer(text):
            for header in _SECTION.finditer(text, until, found.start()):
                section = header["name"].strip()
            until = found.end()
            key = found["key"].rpartition(":")[2]
            if found["v"] and (key in wanted if wanted else password_name(key) or key_name(key)):
                within_key = found["key"].strip(":")
                yield Entry(
                    f"{section}: {within_key}" if section else within_key, _field(key), Span(*found.span("v"))
                )

    return form


def pairs(*keys: str) -> Form:
    """Strings of an object with these keys, at any depth; no key: those whose names are of a secret."""
    wanted = frozenset(keys)

    def form(text: str) -> Iterator[Entry]:
        for found in _JSON.finditer(text):
            key = found["key"]
            if key in wanted if wanted else password_name(key) or key_name(key):
                yield Entry(key, _field(key), Span(*found.span("v")))

    return form


def state(text: str) -> Iterator[Entry]:
    """Secrets of Terraform's state, beside its names of secrets: what `random_password` and `tls_private_key` made."""
    kind = ""
    for found in _JSON.finditer(text):
        key = found["key"]
        if key == "type":
            kind = found["v"]
        elif key in _OF_MADE.get(kind, ()) or password_name(key) or key_name(key):
            field = "password" if key in ("result", "bcrypt_hash") else _field(key)
            yield Entry(key, field, Span(*found.span("v")))


def composer(text: str) -> Iterator[Entry]:
    """Tokens have the host's name as their key."""
    for found in _JSON.finditer(text):
        if found["key"] == "password" or ("." in found["key"] and len(found["v"]) >= 20):
            yield Entry(found["key"], _field(found["key"]), Span(*found.span("v")))


def _field(key: str) -> str:
    return "password" if key == "passphrase" or password_name(key.replace("-", "_")) else "token"


_FORMS: tuple[tuple[tuple[str, ...], Form], ...] = (
    ((".netrc", "_netrc"), netrc),
    ((".pgpass", "pgpass.conf"), pgpass),
    ((".git-credentials", ".gitconfig", "pip.conf", "pip.ini"), logins),
    ((".npmrc",), lines("_authToken", "_auth", "_password")),
    ((".yarnrc.yml",), lines("npmAuthToken", "npmAuthIdent")),
    ((".pypirc", ".smbcredentials", ".snowsql/config"), lines("password")),
    ((".dockercfg", ".docker/config.json", "containers/auth.json"), pairs("auth", "identitytoken", "registrytoken", "password")),
    ((".aws/credentials", "aws/credentials", ".s3cfg", ".boto"), lines("aws_secret_access_key", "aws_session_token", "secret_key", "gs_secret_access_key", "gs_oauth2_refresh_token")),
    ((".cargo/credentials", ".cargo/credentials.toml", ".terraformrc", "terraform.rc", ".sentryclirc", ".databrickscfg"), lines("token", "password")),
    ((".gem/credentials",), lines("rubygems_api_key", "github")),
    (("auth.json",), composer),
    ((".m2/settings.xml", "NuGet.Config", "nuget.config", "NuGet.config"), elements),
    (("gradle.properties", ".streamlit/secrets.toml"), lines()),
    (("credentials.tfrc.json",), pairs("token")),
    ((".vault-token",), whole),
    ((".passwd-s3fs",), fuse),
    (("rclone.conf",), lines("pass", "secret_access_key", "client_secret", "key", "service_account_credentials")),
    (("gh/hosts.yml", ".config/hub"), lines("oauth_token")),
    (("doctl/config.yaml", "ngrok.yml", ".fly/config.yml"), lines("access-token", "authtoken", "access_token", "api_key")),
    (("kaggle.json",), pairs("key")),
    ((".mc/config.json",), pairs("secretKey", "sessionToken")),
    (("application_default_credentials.json", "adc.json", "azureauth.json", "client_secret*.json"), pairs("refresh_token", "client_secret", "clientSecret")),
    ((".azure/accessTokens.json",), pairs("accessToken", "refreshToken")),
    (("*.tfstate", "*.tfstate.backup"), state),
    (("FileZilla.xml", "sitemanager.xml"), elements),
    (("*.PublishSettings", "*.publishsettings", "tomcat-users.xml"), attributes),
    ((".ftpconfig", "sftp-config.json", "sftp.json", ".remote-sync.json"), pairs("pass", "password", "passphrase")),
)  # fmt: skip


def held_by_clients(path: str, text: str) -> Iterator[tuple[Entry, Found]]:
    """The credentials that a file of this name holds, in order, without what only stands for one; nothing of a file whose
    name is of no client."""
    form = next((form for names, form in _FORMS if globbed(names, path)), None)
    for number, entry in enumerate(form(text) if form is not None else ()):
        if number == _MOST:
            return
        value = text[entry.span.start : entry.span.end]
        held = credentials.found(entry.field, value, Place.CONSUMED) if not stands_in(value) else None
        if held is not None:
            yield entry, held


def stands_in(value: str) -> bool:
    """Whether the value was written to be replaced, by its words."""
    return _STANDS_IN.search(value) is not None
