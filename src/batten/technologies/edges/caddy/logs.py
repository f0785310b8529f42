"""Whether requests are logged, what goes along, and the edits that log them. Caddy writes no access log
unless a site has `log`, and leaves credentials out of it unless `log_credentials` is set."""

from __future__ import annotations

from collections.abc import Iterator

from batten.facts import AccessLog
from batten.formats.caddyfile_edits import prepend
from batten.formats.lines import remove, replace
from batten.model import ABSENT, UNKNOWN, Fix, Kind, Location, Setting
from batten.technologies.edges.caddy.flow import directives, only_redirects, serves
from batten.technologies.edges.caddy.matchers import matcher_of
from batten.technologies.edges.caddy.tree import Item, Tree


def logs(tree: Tree) -> Iterator[AccessLog]:
    shared = list(_credentials(tree))
    for site in tree.sites:
        if serves(site) and not only_redirects(site):
            access = _access(site)
            carried = (*(shared if access.known(False) else ()), *_secrets(site))
            yield AccessLog(site.block(), access, _errors(tree, site), carried)
            shared = shared if not access.known(False) else []


def _access(site: Item) -> Setting[bool]:
    silent = next((i for i in directives(site) if i.name in ("log_skip", "skip_log")), None)
    if silent is not None and matcher_of(silent).everything and silent.up is site:
        return Setting(False, silent.place())
    found = site.first("log")
    if found is None:
        return Setting(UNKNOWN if site.hides() else ABSENT, site.block(), False)
    output = found.first("output")
    discards = output is not None and output.texts[1:2] == ["discard"]
    return Setting(not discards, output.place() if discards and output is not None else found.place())


def _errors(tree: Tree, site: Item) -> Setting[bool]:
    """Errors go to stderr unless the default log is thrown away."""
    for item in tree.options.all("log") if tree.options is not None else ():
        output = item.first("output")
        if item.texts[1:2] in ([], ["default"]) and output is not None and output.texts[1:2] == ["discard"]:
            return Setting(False, output.place())
    return Setting(ABSENT, site.block(), True)


def _credentials(tree: Tree) -> Iterator[Setting[str]]:
    for server in tree.options.all("servers") if tree.options is not None else ():
        item = server.first("log_credentials")
        if item is not None:
            yield Setting("the Authorization and Cookie headers", item.place())


def _secrets(site: Item) -> Iterator[Setting[str]]:
    """With the secrets of its TLS sessions recorded traffic is decrypted."""
    for tls in site.all("tls"):
        item = tls.first("insecure_secrets_log")
        if item is not None:
            yield Setting("the secrets of TLS sessions (`insecure_secrets_log`)", item.place())


def access_log(item: Item, at: Location) -> Fix | None:
    title = "log requests"
    if item.name == "output" and item.up is not None and len(item.up.items) == 1:
        return Fix(title, (replace(item.source, item.up.statement, " ".join(item.up.texts)),))
    if item.name in ("skip_log", "log_skip", "output"):
        return Fix(title, (remove(item.source, item.statement),))
    if at.kind is Kind.BLOCK and item.is_site and item.statement.body is not None:
        return Fix(title, (prepend(item.source, item.statement, "log"),))
    return None


def error_log(item: Item) -> Fix | None:
    if item.name != "output":
        return None
    return Fix("log errors", (replace(item.source, item.statement, "output stderr"),))
