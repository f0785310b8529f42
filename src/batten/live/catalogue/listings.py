"""Folders that list what is in them."""

from __future__ import annotations

from batten.live import proofs
from batten.live.catalogue.item import Item, Sort

_FOLDERS = (
    "/static/ /uploads/ /files/ /backup/ /backups/ /assets/ /images/ /media/ /logs/ /log/ /data/ /tmp/ /public/ /download/"
    " /downloads/ /export/ /exports/ /reports/ /private/ /config/ /conf/ /db/ /sql/ /.git/ /.ssh/ /storage/ /upload/ /src/"
)

ITEMS = (Item("directory listing", Sort.LISTING, proofs.listing, tuple(_FOLDERS.split()), anywhere=True),)
