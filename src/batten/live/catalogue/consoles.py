"""Administration of databases, queues, clusters and edges: what belongs behind a login or on no public host."""

from __future__ import annotations

from batten.live.catalogue.item import console, keys, page, titled

ITEMS = (
    console("phpMyAdmin", page(r"<title>phpMyAdmin|pma_(?:password|username)"), "/phpmyadmin/ /pma/ /phpMyAdmin/ /dbadmin/ /mysql/ /"),
    console("ZooKeeper commands", keys("command", "version", "read_only"), "/commands/stats"),
    console("Nagios", titled(r"Nagios"), "/nagios/ /nagios3/"),
)  # fmt: skip
