"""How programs are kept from verifying what they fetch: their options, settings and variables, as rows.

Sources: the manuals of the programs that are named here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from batten.formats.words import Word
from batten.model import Span
from batten.technologies.orchestration.dockerfile.commands import Command
from batten.technologies.shared.containers.switches import unverified

_OFF = r"false|0|no|off|null|none"
_ON = r"true|1|yes|on"
_PIP, _NODE = "pip pip3 uv pipx python python3", "npm yarn pnpm npx"

# Options that no other program means otherwise.
_FLAGS = re.compile(
    r"--(?:force-yes|allow-insecure-repositories|nogpgcheck|no-gpg-?checks?|no-gpg-verify|nosignature|nodigest"
    r"|allow-untrusted|no-check-certificate|no-strict-ssl|strict-ssl=false|no-verify-ssl|skippgpcheck"
    r"|ignore-checksums|insecure-skip-tls-verify(?:=true)?|(?:src-|dest-)?tls-verify=(?:false|0)"
    rf"|check-certificate=false|setopt=(?:[^\s=]*\.)?(?:gpgcheck|sslverify)=(?:{_OFF}))"
    r"|-SkipCertificateCheck|-SkipPublisherCheck"
    r"|-Dmaven\.wagon\.http\.ssl\.(?:insecure|allowall)=true|-Daether\.connector\.https\.securityMode=insecure",
    re.IGNORECASE,
)
_APT = re.compile(
    r"(?:APT::Get::AllowUnauthenticated|Acquire::AllowInsecureRepositories"
    r"|Acquire::AllowDowngradeToInsecureRepositories)=[\"']?(?:1|true|yes)\b.*"
    r"|Acquire::https(?:::[\w.-]+)?::Verify-(?:Peer|Host)=[\"']?(?:0|false|no)\b.*",
    re.IGNORECASE,
)
# Options of some programs: their names, and the word.
_OWN = (
    ("apt apt-get aptitude", r"--allow-unauthenticated"),
    ("curl crane oras argocd regctl", r"--insecure"),
    ("helm oras", r"--plain-http"),
    ("http https", rf"--verify=(?:{_OFF})"),
    ("rpm", r"--noverify"),
    ("go", r"-insecure"),
    ("ssh scp sftp rsync git ansible", r"-?o?StrictHostKeyChecking[= ](?:no|off)"),
)
_SHORT_K = re.compile(r"-[fsSLgGiIjJklnNOpqRvV#046a]*k[a-zA-Z#]*")  # those before it take no value
# Options whose value says it, joined by `=` or the next word: programs, option, value.
_VALUED = ((_PIP, r"--(?:trusted-host|allow-insecure-host)", r".+"),)
# Settings, `name value` or `name=value`: programs, name, value.
_SETTINGS = (
    ("git", r"http\.(?:\S+\.)?sslverify", _OFF),
    (_NODE, r"strict-?ssl|enablestrictssl", _OFF),
    ("conda mamba micromamba", r"ssl_verify", _OFF),
    ("composer", r"secure-http", _OFF),
    ("composer", r"disable-tls", _ON),
    ("bundle", r"ssl_verify_mode|bundle_ssl_verify_mode", r"0|none"),
    ("poetry", r"certificates\.\S+\.cert", r"false"),
    (_PIP, r"(?:global|install|site|user)\.trusted-host", r".+"),
    ("go", r"gosumdb", r"off"),
    ("go", r"gonosumdb|gonosumcheck|goinsecure", r".*\*.*|1"),
)
# Programs that take the address of a package, a repository or its key as a word.
_ADDRESSED = frozenset(
    (
        f"{_PIP} {_NODE} git svn hg rpm yum dnf microdnf tdnf yum-config-manager helm go gem bundle cpan cpanm luarocks cargo nuget "
        "dotnet apt-key gpg gpg2 curl wget aria2c Invoke-WebRequest iwr"
    ).split()
)
_HERE = re.compile(
    r"(?:localhost|127\.[\d.]+|0\.0\.0\.0|\[::1?\]|host\.docker\.internal|169\.254\.[\d.]+)(?:[:/]|$)"
)
_OTHER = re.compile(
    r"-x|--(?:\w+-)*proxy|-H|-e|--referer|--header|-A"
)  # options whose address is not what is fetched
_PLAIN = re.compile(r"(?:-{1,2}(?!proxy)[\w-]+=)?(?:git|http|ftp|svn)://(?:[^\s/@]*@)?(?P<rest>[^\s'\"]+)")
_SAFE_FIRST = frozenset(("config", "remote"))  # git: what these write is fetched, if ever, by another command
# Variables of builds alone; those of running programs too are in `switches`.
_VARIABLES = {
    "GOINSECURE": r".+",
    "GOSUMDB": r"off",
    "GONOSUMDB": r"\*",
    "GONOSUMCHECK": r"1|true|on",
    "GOFLAGS": r".*-insecure\b.*",
    "UV_INSECURE_HOST": r".+",
    "YARN_ENABLE_STRICT_SSL": r"(?i)false|0",
    "CONDA_SSL_VERIFY": r"(?i)false|0|no",
    "BUNDLE_SSL_VERIFY_MODE": r"0|none",
    "GIT_SSH_COMMAND": r".*StrictHostKeyChecking[= ]no\b.*",
    "PIP_INDEX_URL": r"http://.+",
    "PIP_EXTRA_INDEX_URL": r".*http://.+",
    "UV_DEFAULT_INDEX": r"http://.+",
    "UV_INDEX_URL": r"http://.+",
    "NPM_CONFIG_REGISTRY": r"http://.+",
    "npm_config_registry": r"http://.+",
    "GOPROXY": r".*http://.+",
}
_ROW = tuple[frozenset[str], re.Pattern[str], re.Pattern[str]]


def _rows(rows: Sequence[tuple[str, str, str]]) -> tuple[_ROW, ...]:
    return tuple(
        # ours: the tables above
        (frozenset(programs.split()), re.compile(name, re.IGNORECASE), re.compile(value, re.IGNORECASE))
        for programs, name, value in rows
    )


_VALUED_ROWS, _SETTING_ROWS = _rows(_VALUED), _rows(_SETTINGS)
_OWN_ROWS = _rows([(programs, word, "") for programs, word in _OWN])


def variable(name: str, value: str) -> bool:
    """Whether a variable turns the verification of downloads off."""
    return of_builds(name, value) or unverified(name, value.strip("'\""))


def of_builds(name: str, value: str) -> bool:
    """Whether it does so in builds alone; those of running programs are features of the image."""
    text = value.strip().strip("'\"")
    # ours: the table above
    return name in _VARIABLES and not _local(text) and re.fullmatch(_VARIABLES[name], text) is not None


def options(command: Command) -> Iterator[Span]:
    """The words of a command by which its program verifies nothing."""
    words = command.options
    for number, word in enumerate(words):
        following = words[number + 1] if number + 1 < len(words) else None
        if _FLAGS.fullmatch(word.text) or _own(command.program, word.text):
            yield word.span
        elif _APT.fullmatch(word.text):
            yield Span(
                words[number - 1].start if number and words[number - 1].text == "-o" else word.start, word.end
            )
        elif (end := _valued(command.program, word, following)) is not None:
            yield Span(word.start, end)
        else:
            yield from _settings(command, word, following)


def _own(program: str, text: str) -> bool:
    if program == "curl" and _SHORT_K.fullmatch(text):
        return True
    return any(program in programs and pattern.fullmatch(text) for programs, pattern, _ in _OWN_ROWS)


def _valued(program: str, word: Word, following: Word | None) -> int | None:
    """Where an option ends whose value turns verification off."""
    name, sign, value = word.text.partition("=")
    for programs, option, pattern in _VALUED_ROWS:
        if program in programs and option.fullmatch(name):
            given = value if sign else following.text if following is not None else ""
            if pattern.fullmatch(given):
                return word.end if sign or following is None else following.end
    return None


def _settings(command: Command, word: Word, following: Word | None) -> Iterator[Span]:
    name, sign, value = word.text.partition("=")
    setting = name.lower().strip(":")
    for programs, option, pattern in _SETTING_ROWS:
        if command.program not in programs or option.fullmatch(setting) is None:
            continue
        if sign and pattern.fullmatch(value):
            before = next(
                (w for w, n in zip(command.options, command.options[1:], strict=False) if n is word), None
            )
            yield Span(before.start if before is not None and before.text == "-c" else word.start, word.end)
        elif not sign and following is not None and pattern.fullmatch(following.text):
            yield following.span


def _local(value: str) -> bool:
    found = _PLAIN.match(value)
    return found is not None and _HERE.match(found["rest"]) is not None


_UPLOADS = re.compile(r"-[A-Za-z]*[dFTIX]|--(?:data.*|form|upload-file|head|request|post-.*|spider)")


def plain(command: Command) -> Iterator[Span]:
    """Addresses over plain HTTP that a program fetches from, which anyone on the path can answer."""
    if command.program not in _ADDRESSED or any(_UPLOADS.fullmatch(w.text) for w in command.options):
        return
    if command.program == "git" and command.options and command.options[0].text in _SAFE_FIRST:
        return
    for before, word in zip(("", *(w.text for w in command.options)), command.options, strict=False):
        found = _PLAIN.fullmatch(word.text)
        if found is not None and not _OTHER.fullmatch(before) and _HERE.match(found["rest"]) is None:
            yield word.span
