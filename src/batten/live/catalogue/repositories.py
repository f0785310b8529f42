"""Working copies of source control, and what editors and desktops leave beside the files."""

from __future__ import annotations

from batten.formats import magic
from batten.live.catalogue.item import file, follower, keys, made, starts, text

_COMMIT = text(r"\A[0-9a-f]{40}\s*\Z")

ITEMS = (
    file("git repository", text(r"\A(?:ref: refs/heads/\S+|[0-9a-f]{40})\s*\Z"), "/.git/HEAD /api/.git/HEAD"),
    file("git repository", text(r"^\[core\]", r"^[ \t]*repositoryformatversion\s*="), "/.git/config"),
    follower(file("git index", starts(b"DIRC"), "/.git/index")),
    follower(file("git log", text(r"\A[0-9a-f]{40} [0-9a-f]{40} .+ \d{9,10} [+-]\d{4}"), "/.git/logs/HEAD")),
    follower(file("git references", text(r"\A# pack-refs with"), "/.git/packed-refs")),
    follower(file("git branch", _COMMIT, "/.git/refs/heads/main /.git/refs/heads/master /.git/ORIG_HEAD")),
    follower(file("git fetch log", text(r"\A[0-9a-f]{40}\t"), "/.git/FETCH_HEAD")),
    follower(file("git description", text(r"\AUnnamed repository; edit this file"), "/.git/description")),
    follower(file("git exclusions", text(r"git ls-files --others --exclude-from"), "/.git/info/exclude")),
    file("git credentials", text(r"\Ahttps?://[^\s:@/]+:[^\s@]+@"), "/.git-credentials"),
    file("git configuration", text(r"^\[user\]", r"^[ \t]*(?:email|name)\s*="), "/.gitconfig"),
    made("git submodules", text(r'^\[submodule "'), "/.gitmodules"),
    file("Subversion working copy", starts(magic.SQLITE), "/.svn/wc.db"),
    file("Subversion working copy", text(r"\A(?:8|9|10)\s+dir\s+\d+"), "/.svn/entries"),
    file("Mercurial repository", text(r"^\[paths\]", r"^default\s*="), "/.hg/hgrc"),
    file("Mercurial repository", text(r"^(?:revlogv1|generaldelta|fncache)$"), "/.hg/requires"),
    file("Bazaar repository", text(r"This is a Bazaar control directory"), "/.bzr/README"),
    file("Bazaar repository", text(r"\ABazaar-NG meta directory"), "/.bzr/branch-format"),
    file("CVS working copy", text(r"\A(?::(?:pserver|ext|local):|/)\S+\s*\Z"), "/CVS/Root"),
    file("CVS working copy", text(r"^/[^/\n]+/[\d.]+/\w{3} \w{3} +\d"), "/CVS/Entries"),
    file("macOS folder index", starts(magic.FOLDER_INDEX), "/.DS_Store"),
    made("Windows thumbnails", starts(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), "/Thumbs.db"),
    file(
        "editor swap file",
        starts(magic.SWAP_FILE),
        "/.index.php.swp /.env.swp /.bash_history.swp /.wp-config.php.swp /.config.php.swp /.settings.py.swp",
    ),
    made("IDE project", text(r"<project version="), "/.idea/workspace.xml /.idea/modules.xml"),
    file("IDE data sources", text(r"<data-source\b"), "/.idea/dataSources.xml /.idea/dataSources.local.xml"),
    file(
        "IDE deployment servers",
        text(r"<webServer\b|<serverData>"),
        "/.idea/webServers.xml /.idea/deployment.xml",
    ),
    made("IDE settings", text(r"\A\s*\{", r'^[ \t]*"[a-z]\w*\.[\w.]+"\s*:'), "/.vscode/settings.json"),
    made("IDE launch configuration", text(r'"configurations"\s*:', r'"type"\s*:'), "/.vscode/launch.json"),
    file("upload credentials", keys("host", "remotePath"), "/.vscode/sftp.json"),
    file("upload credentials", text(r'"(?:remote_path|remotePath)"\s*:', r'"host"\s*:'), "/sftp-config.json"),
    file("upload credentials", keys("protocol", "host"), "/.ftpconfig"),
    file("upload credentials", keys("hostname", "transport"), "/.remote-sync.json"),
    file("upload credentials", text(r"<FileZilla3\b"), "/FileZilla.xml /sitemanager.xml"),
    file("upload credentials", text(r"(?i)^\[_?config_?\]", r"(?i)^HOST="), "/WS_FTP.ini"),
    made("IDE project", text(r"<projectDescription>"), "/.project"),
)
