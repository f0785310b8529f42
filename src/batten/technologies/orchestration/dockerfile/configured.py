"""What a build writes into configuration files of package managers, git and SSH: lines that turn verification off, or
open root.

Sources: apt.conf(5), dnf.conf(5), pacman.conf(5), npmrc, pip's configuration, .condarc, curlrc, wgetrc, gitconfig,
ssh_config(5), sshd_config(5), sudoers(5).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.formats.document import Text
from batten.model import Span, Switch
from batten.technologies.orchestration.dockerfile.commands import Command

_LONGEST = 4000  # characters that are looked at
# What is found, the text, and what it becomes; "" where only its author can say.
_LINES: tuple[tuple[Switch, str, str], ...] = (
    (Switch.PACKAGE_UNVERIFIED, r"(?<![\w_])(gpgcheck[ \t]*=[ \t]*)(?:0|false|no)\b", r"\g<1>1"),
    (Switch.PACKAGE_UNVERIFIED, r"\b(sslverify[ \t]*=[ \t]*)(?:0|no)\b", r"\g<1>1"),
    (Switch.PACKAGE_UNVERIFIED, r"\b(sslverify[ \t]*=[ \t]*)false\b", r"\g<1>true"),
    (Switch.PACKAGE_UNVERIFIED, r"\b(Verify-(?:Peer|Host)[ \t]+\\?\"?)(?:false|0|no)\b", r"\g<1>true"),
    (
        Switch.PACKAGE_UNVERIFIED,
        r"\b((?:AllowUnauthenticated|AllowInsecureRepositories)[ \t]+\\?\"?)(?:true|1|yes)\b",
        r"\g<1>false",
    ),
    (Switch.PACKAGE_UNVERIFIED, r"\b(strict-ssl[ \t]*=[ \t]*)false\b", r"\g<1>true"),
    (Switch.PACKAGE_UNVERIFIED, r"\b(ssl_verify:[ \t]*)(?:false|no)\b", r"\g<1>true"),
    (Switch.PACKAGE_UNVERIFIED, r"\b(check[-_]certificate[ \t]*=[ \t]*)off\b", r"\g<1>on"),
    (Switch.PACKAGE_UNVERIFIED, r"\b(SigLevel[ \t]*=[ \t]*)(?:Never|[\w ]*TrustAll)\b", r"\g<1>Required"),
    (Switch.PACKAGE_UNVERIFIED, r"\b(StrictHostKeyChecking[ \t=]+)(?:no|off)\b", r"\g<1>yes"),
    (Switch.PACKAGE_UNVERIFIED, r"\b(GOSUMDB=)off\b", r"\g<1>sum.golang.org"),
    (Switch.PACKAGE_UNVERIFIED, r"\btrusted-host[ \t]*=[ \t]*[\w.:-]+", ""),
    (Switch.PACKAGE_UNVERIFIED, r"\b((?:registry|index-url)[ \t]*=[ \t]*)http://(?!localhost|127\.)", r"\g<1>https://"),
    (Switch.ROOT_ACCESS, r"\b(PermitRootLogin[ \t]+)yes\b", r"\g<1>no"),
    (Switch.ROOT_ACCESS, r"\b(PermitEmptyPasswords[ \t]+)yes\b", r"\g<1>no"),
    (Switch.ROOT_ACCESS, r"(?<=[ \t])NOPASSWD:[ \t]*ALL\b", ""),
)  # fmt: skip
# ours: the table above
_ROWS = tuple((switch, re.compile(line, re.IGNORECASE), right) for switch, line, right in _LINES)
_WRITERS = frozenset(("echo", "printf", "cat", "tee", "sed"))
_PATTERN = re.compile(r"s([/|#,@!~])(?:\\.|(?!\1)[^\\]){0,300}\1")  # what sed looks for


def lines(text: str, start: int, end: int) -> Iterator[tuple[Switch, Span]]:
    """The weak lines of a text that is written into a file."""
    end = min(end, start + _LONGEST)
    for switch, pattern, _ in _ROWS:
        for found in pattern.finditer(text, start, end):
            if (
                "#"
                not in text[max(text.rfind("\n", start, found.start()) + 1, start) : found.start()].lstrip(
                    " \t'\""
                )[:1]
            ):
                yield switch, Span(*found.span())


def printed(pipeline: list[Command], source: Text) -> Iterator[tuple[Switch, Span]]:
    """The weak lines that the commands of a pipeline put into files."""
    to_file = any(w.text.lstrip("12&").startswith(">") for c in pipeline for w in c.words)
    to_file = to_file or any(c.program == "tee" for c in pipeline)
    for command in pipeline:
        edits = command.program == "sed" and any(
            re.match(r"-\w*i|--in-place", w.text) for w in command.options
        )
        if command.program not in _WRITERS or not (to_file or edits) or not command.options:
            continue
        for word in command.options:
            end = min(word.end, word.start + _LONGEST)
            searched = [m.span() for m in _PATTERN.finditer(source.text, word.start, end)]
            for switch, span in lines(source.text, word.start, end):
                if command.program != "sed" or not any(a <= span.start < b for a, b in searched):
                    yield switch, span


def righted(text: str) -> str | None:
    """The line as it verifies, or lets nobody in as root; None where only its author can say."""
    for _, pattern, right in _ROWS:
        if right and pattern.fullmatch(text):
            return pattern.sub(right, text)
    return None
