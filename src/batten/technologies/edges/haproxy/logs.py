"""Whether requests are logged, what goes along, and the edits that log them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.facts import AccessLog
from batten.formats.lines import remove, replace
from batten.model import ABSENT, UNKNOWN, Edit, Fix, Setting
from batten.technologies.edges.haproxy.headers.reading import serves
from batten.technologies.edges.haproxy.headers.writing import into
from batten.technologies.edges.haproxy.tls.listeners import refuses
from batten.technologies.edges.haproxy.tree import Block, Item, Tree
from batten.technologies.shared.edges.credentials import credential


def logs(tree: Tree) -> Iterator[AccessLog]:
    for block in tree.entrances:
        if not refuses(block) and serves(tree, block):
            # What `capture` takes is written into every line of the log.
            carried: list[Setting[str]] = []
            for item in block.all("capture"):
                words = item.values
                if words[1:3] == ["request", "header"] and len(words) > 3 and credential(words[3]):
                    carried.append(Setting(f"the {words[3]} header", item.place()))
                elif words[1:2] == ["cookie"] and len(words) > 2:
                    carried.append(Setting(f"the cookie {words[2]}", item.place()))
            for name in ("log-format", "error-log-format", "log-format-sd"):
                for item in block.inherited(name):
                    if _SECRETS.search(" ".join(item.values[1:])):
                        carried.append(
                            Setting("the secrets of TLS sessions (`tune.ssl.keylog`)", item.place())
                        )
            yield AccessLog(
                block.block(), _access(tree, block), Setting(UNKNOWN, block.block()), tuple(carried)
            )


def _access(tree: Tree, block: Block) -> Setting[bool]:
    """A target, and a format that names the request: without one HAProxy writes connections only."""
    off = target_off(block) or silenced(block)
    if off is not None:
        return Setting(False, off.place())
    targets = block.inherited("log")
    if not targets:
        return Setting(UNKNOWN if block.unread else ABSENT, block.block(), False)
    only_global = all(i.values[1:2] == ["global"] for i in targets)
    if only_global and tree.of("global") and tree.globally("log") is None:
        return Setting(False, targets[-1].place())
    if formatted(block):
        return Setting(UNKNOWN if only_global and not tree.of("global") else True, targets[-1].place())
    return Setting(UNKNOWN if block.unread else ABSENT, block.block(), False)


# Samples with which recorded traffic is decrypted (manual, tune.ssl.keylog).
_SECRETS = re.compile(r"ssl_[fb]c_(?:\w+_secret|session_key)")


def target_off(block: Block) -> Item | None:
    """The statement that ends logging there: `no log`, nearer than any target."""
    for part in (block, *block.outer):
        own = [i for i in part.items if i.values[0] == "log" or i.values[:2] == ["no", "log"]]
        if own:
            return own[-1] if own[-1].values[0] == "no" else None
    return None


def silenced(block: Block) -> Item | None:
    """The statement that keeps requests which succeed, or all of them, out of the log."""
    option = block.option("dontlog-normal")
    if option is not None and option.values[0] == "option" and not option.varies:
        return option
    for rule in block.rules("http-request", "http-response"):
        if rule.values[1:] == ["set-log-level", "silent"]:
            return rule
    return None


def formatted(block: Block) -> bool:
    option = any(
        (item := block.option(name)) is not None and item.values[0] == "option"
        for name in ("httplog", "httpslog")
    )
    return option or bool(block.inherited("log-format")) or bool(block.inherited("log-format-sd"))


def access_log(tree: Tree, block: Block, item: Item | None) -> Fix | None:
    """A target where there is none, and a format that names the request."""
    if item is not None and item is silenced(block):
        return Fix("log every request", (remove(item.source, item.statement),))
    off = item is not None and item is target_off(block)
    lines = ["log global"] if off or (item is None and not block.inherited("log")) else []
    if not formatted(block):
        lines.append("option httplog")
    text = "\n".join(lines)
    edits: list[Edit] = []
    if off and item is not None:
        edits.append(replace(item.source, item.statement, text))
    elif text:
        edits.append(into(block, text, ("log", "option", "mode", "bind")))
    if tree.globally("log") is None and ("log global" in lines or item is not None):
        shared = tree.of("global")
        if not shared:
            return None
        target = "/dev/log local0" if tree.globally("daemon") else "stdout format raw local0"
        edits.insert(0, into(shared[0], f"log {target}", ("log",)))
    return Fix("log requests", tuple(edits)) if edits else None
