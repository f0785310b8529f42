"""Secrets that show by their own form, and commands that carry one. Each expression is bounded: linear in the text."""

from __future__ import annotations

import re
from functools import cache

# Formats that their issuers publish so that leaks can be found; each has a fixed prefix.
TOKENS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(pattern))  # ours: below
    for kind, pattern in (
        ("AWS access key", r"\b(?:AKIA|ASIA)[A-Z2-7]{16}\b"),
        ("GitHub token", r"\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{50,})"),
        ("GitLab token", r"\bgl(?:pat|dt|rt|ptt)-[A-Za-z0-9_-]{20,}"),
        ("Slack token", r"\bxox[abposr]-[A-Za-z0-9-]{10,}"),
        ("Slack webhook", r"https://hooks\.slack\.com/services/T\w+/B\w+/\w{16,}"),
        ("Stripe live key", r"\b[rs]k_live_[A-Za-z0-9]{16,}"),
        ("Google API key", r"\bAIza[A-Za-z0-9_-]{35}"),
        ("SendGrid key", r"\bSG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}"),
        ("npm token", r"\bnpm_[A-Za-z0-9]{36}"),
        ("batten watch token", r"\bbt_[0-9A-Za-z]{49}\b"),
        ("PyPI token", r"\bpypi-AgEIcHlwaS5vcmc[A-Za-z0-9_-]{20,}"),
        (
            "JSON web token",
            r"(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}",
        ),
        (  # RSA in PKCS #8 or PKCS #1, and P-256 in PKCS #8, in Base64 without the lines of PEM: a public key begins otherwise
            "private key",
            r"(?<![A-Za-z0-9+/])(?:MII[A-Za-z0-9+/]{2}[AQgw]IB(?:ADANBgkqhkiG9w0BAQEFAASC|AAKCA[QYg]E)[A-Za-z0-9+/]{200,20000}"
            r"|MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg[A-Za-z0-9+/]{100,200})={0,2}",
        ),
        ("private key", r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY(?: BLOCK)?-----"),
    )
)
# What each begins with: found as text, hundreds of times faster than an expression that begins at a word's border.
STARTS: dict[str, tuple[str, ...]] = {
    "AWS access key": ("AKIA", "ASIA"),
    "GitHub token": ("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"),
    "GitLab token": ("glpat-", "gldt-", "glrt-", "glptt-"),
    "Slack token": ("xox",),
    "Slack webhook": ("https://hooks.slack",),
    "Stripe live key": ("sk_live_", "rk_live_"),
    "Google API key": ("AIza",),
    "SendGrid key": ("SG.",),
    "npm token": ("npm_",),
    "batten watch token": ("bt_",),
    "PyPI token": ("pypi-",),
    "JSON web token": ("eyJ",),
    "private key": ("MII", "MIGHAgEAMBMG"),
}
# One look that most texts end at: no token without one of these.
TOKEN_START = re.compile(
    "|".join(re.escape(s) for starts in (*STARTS.values(), ("-----BEGIN ",)) for s in starts)
)  # ours: above
EXAMPLE_TOKENS = frozenset(("AKIAIOSFODNN7EXAMPLE",))  # printed in AWS's documentation

_VALUE = r"(?P<v>'[^']+'|\"[^\"]+\"|[^\s'\"|;&)]+)"
_SWITCHES = r"(?:-[a-zA-Z]{1,20}\s+(?:\d{1,2}\s+)?){0,5}"  # of htpasswd; `-C` has a number
_WORDS = r"\b[^|;\n]{0,300}?\s"  # other words of the command
_FINDS = r"(?:rint0?|rintf|rune|ath)(?!\S)"  # options of `find`, which may look for a file that is called like a program
_COMMANDS = (
    (
        "mysql",
        "password",
        rf"(?<![\w-])(?:mysql\w{{0,20}}|mariadb[\w-]{{0,20}}){_WORDS}(?:-p(?!{_FINDS})(?=[^\s-])|--password=){_VALUE}",
    ),
    ("sshpass", "password", rf"\bsshpass\s+(?:\S{{1,200}}\s+){{0,20}}?-p\s*{_VALUE}"),
    ("redis-cli", "password", rf"\b(?:redis|valkey)-cli{_WORDS}(?:-a|--pass|--askpass=)\s*{_VALUE}"),
    (
        "curl",
        "password",
        rf"\bcurl{_WORDS}(?:-u|--user|--proxy-user)[ =]?['\"]?[\w.@%+-]{{1,200}}:{_VALUE}",
    ),
    ("wget", "password", rf"\bwget\b[^|;\n]{{0,300}}?--(?:http-|ftp-|proxy-)?password[ =]{_VALUE}"),
    (
        "Authorization",
        "token",
        r"(?i)\bAuthorization\s{0,20}:\s{0,20}(?:Bearer|Basic|Token)\s{1,20}(?P<v>[^\s'\"]{8,})",
    ),
    (
        "X-Api-Key",
        "key",
        r"(?i)\b(?:X-)?(?:Api-Key|Auth-Token|Private-Token)\s{0,20}:\s{0,20}(?P<v>[^\s'\"]{8,})",
    ),
    (
        "netrc",
        "password",
        rf"\bmachine\s{{1,20}}\S{{1,200}}\s{{1,20}}login\s{{1,20}}\S{{1,200}}\s{{1,20}}password\s{{1,20}}{_VALUE}",
    ),
    (
        "docker login",
        "password",
        rf"\b(?:docker|podman|helm registry|crane auth)\s{{1,20}}login{_WORDS}(?:-p\s{{0,20}}|--password[ =]){_VALUE}",
    ),
    (
        "aws configure",
        "key",
        rf"\baws\s+configure\s+set\s+(?:\S{{0,200}}\.)?aws_(?:secret_access_key|session_token)\s+{_VALUE}",
    ),
    (
        "mongo",
        "password",
        rf"\bmongo(?:sh|dump|restore|export|import)?{_WORDS}(?:-p\s{{1,20}}|--password[ =]){_VALUE}",
    ),
    ("az login", "password", rf"\baz\s+login{_WORDS}(?:-p|--password)[ =]{_VALUE}"),
    (
        "htpasswd",
        "password",
        rf"\bhtpasswd\s+{_SWITCHES}-(?=\w{{0,20}}n)\w{{0,20}}b\w{{0,20}}\s+(?:\d{{1,2}}\s+)?{_SWITCHES}(?!-)\S{{1,200}}\s+{_VALUE}",
    ),
    (
        "htpasswd",
        "password",
        rf"\bhtpasswd\s+{_SWITCHES}-[a-mo-zA-Z0-9]{{0,20}}b[a-mo-zA-Z0-9]{{0,20}}\s+(?:\d{{1,2}}\s+)?{_SWITCHES}(?!-)\S{{1,500}}\s+\S{{1,200}}\s+{_VALUE}",
    ),
    ("openssl", "password", rf"\bopenssl{_WORDS}pass:{_VALUE}"),
    (
        "chpasswd",
        "password",
        r"\becho\s+['\"]?[\w.-]{1,200}:(?P<v>[^\s'\"|]+)['\"]?\s*\|\s*(?:sudo\s+)?chpasswd\b",
    ),
    (
        "SQL",
        "password",
        r"(?i)\b(?:IDENTIFIED\s{1,20}(?:WITH\s{1,20}\S{1,100}\s{1,20})?BY|PASSWORD(?:\s{0,20}\(|\s{0,20}=)?)\s{0,20}'(?P<v>[^']+)'",
    ),
    ("AUTH", "password", rf"(?i)^\s*AUTH\s+(?:\S+\s+)?{_VALUE}\s*$"),
    (
        "CONFIG SET",
        "password",
        rf"(?i)\bCONFIG\s{{1,20}}SET\s{{1,20}}(?:requirepass|masterauth|primaryauth)\s{{1,20}}{_VALUE}",
    ),
    ("ACL SETUSER", "password", r"(?i)\bACL\s{1,20}SETUSER\s[^\n]{0,300}?\s>(?P<v>[^\s'\"]+)"),
    ("HELLO", "password", rf"(?i)\bHELLO\s{{1,20}}[23]\s{{1,20}}AUTH\s{{1,20}}\S{{1,200}}\s{{1,20}}{_VALUE}"),
    ("kubectl create secret", "password", r"--from-literal[= ]['\"]?[\w.-]{1,200}=(?P<v>[^\s'\"|;&]+)"),
    (
        "ldap",
        "password",
        rf"\bldap(?:search|add|modify|delete|passwd|whoami|compare){_WORDS}-w\s{{0,20}}{_VALUE}",
    ),
    ("vault login", "token", r"\bvault\s{1,20}login\s{1,20}(?P<v>(?:hvs\.|s\.)[\w.-]{16,400})"),
    ("sqlcmd", "password", rf"\bsqlcmd{_WORDS}-P\s{{0,20}}{_VALUE}"),
    ("mosquitto", "password", rf"\bmosquitto_(?:pub|sub|rr){_WORDS}(?:-P|--pw)\s{{1,20}}{_VALUE}"),
    (
        "rabbitmqctl",
        "password",
        rf"\brabbitmqctl\s(?:[^|;\n]{{0,200}}?\s)?(?:add_user|change_password|authenticate_user)\s{{1,20}}\S{{1,200}}\s{{1,20}}{_VALUE}",
    ),
    (
        "mc alias set",
        "key",
        rf"\bmc\s{{1,20}}(?:alias\s{{1,20}}set|config\s{{1,20}}host\s{{1,20}}add)\s{{1,20}}\S{{1,200}}\s{{1,20}}\S{{1,300}}\s{{1,20}}\S{{1,200}}\s{{1,20}}{_VALUE}",
    ),
    ("cqlsh", "password", rf"\bcqlsh{_WORDS}(?:-p\s{{0,20}}|--password[ =]){_VALUE}"),
    ("smbclient", "password", rf"\bsmbclient{_WORDS}-U\s{{0,20}}['\"]?[^\s%'\"]{{1,200}}%{_VALUE}"),
    ("sqlplus", "password", r"\bsqlplus\s(?:-\S{1,20}\s{1,20}){0,5}[\w$#]{1,100}/(?P<v>[^\s@/]{1,200})@"),
    (
        "sudo",
        "password",
        rf"\becho\s{{1,20}}{_VALUE}\s{{0,20}}\|\s{{0,20}}sudo\s{{1,20}}(?:-\S{{1,20}}\s{{1,20}}){{0,5}}(?:-S|--stdin)\b",
    ),
    (
        "ConvertTo-SecureString",
        "password",
        rf"(?i)\bConvertTo-SecureString\s{{1,20}}(?:-AsPlainText\s{{1,20}})?(?:-Force\s{{1,20}})?(?:-String\s{{1,20}})?(?!-){_VALUE}",
    ),
    (
        "db.auth",
        "password",
        r"\bdb\.(?:auth|changeUserPassword)\(\s{0,20}['\"][^'\"\n]{1,200}['\"]\s{0,20},\s{0,20}(?P<v>'[^'\n]+'|\"[^\"\n]+\")",
    ),
    ("pwd", "password", r"\bpwd['\"]?\s{0,20}:\s{0,20}(?P<v>'[^'\n]+'|\"[^\"\n]+\")"),
    ("npm config set", "token", r"\b_authToken[ =](?P<v>[^\s'\"]{8,400})"),
)


@cache
def commands() -> tuple[tuple[str, str, re.Pattern[str]], ...]:
    """Commands that carry a credential (the group `v`), by name and kind. Compiled when a text holds one."""
    return tuple((name, kind, re.compile(pattern)) for name, kind, pattern in _COMMANDS)  # ours: above


# What must stand in a line, in small letters, for each of them to be asked for.
COMMAND_WORDS = {
    "mysql": ("mysql", "mariadb"), "sshpass": ("sshpass",), "redis-cli": ("-cli",), "curl": ("curl",),
    "wget": ("wget",), "Authorization": ("authorization",), "X-Api-Key": ("api-key", "auth-token", "private-token"),
    "docker login": ("login",), "aws configure": ("configure",), "mongo": ("mongo",), "az login": ("login",),
    "htpasswd": ("htpasswd",), "openssl": ("openssl",), "chpasswd": ("chpasswd",), "SQL": ("identified", "password"),
    "netrc": ("machine",), "AUTH": ("auth",), "CONFIG SET": ("config",),
    "ACL SETUSER": ("setuser",), "HELLO": ("hello",), "kubectl create secret": ("from-literal",), "ldap": ("ldap",),
    "vault login": ("vault",), "sqlcmd": ("sqlcmd",), "mosquitto": ("mosquitto_",), "rabbitmqctl": ("rabbitmqctl",),
    "mc alias set": ("mc",), "cqlsh": ("cqlsh",), "smbclient": ("smbclient",), "sqlplus": ("sqlplus",), "sudo": ("sudo",),
    "ConvertTo-SecureString": ("securestring",), "db.auth": ("db.auth", "changeuserpassword"), "pwd": ("pwd",),
    "npm config set": ("_authtoken",),
}  # fmt: skip
_COMMAND = re.compile("|".join(sorted({w for words in COMMAND_WORDS.values() for w in words})))  # ours: above


def commands_in(low: str) -> tuple[tuple[str, str, re.Pattern[str]], ...]:
    """Those of `commands()` of which a word stands in a line, which is given in small letters."""
    if _COMMAND.search(low) is None:
        return ()
    return tuple(one for one in commands() if any(word in low for word in COMMAND_WORDS[one[0]]))


# Each with what must stand in the text, and the group that is secret.
# Forms that tell by themselves: a text that must be there, and the expression. Where the third is a number, the expression
# is only held against the places that many characters before that text: it begins there.
OWN_FORM: tuple[tuple[tuple[str, ...], str, int | None], ...] = (
    (("PRIVATE KEY",), r"-----BEGIN (?:[A-Z]{1,20} ){0,4}PRIVATE KEY(?: BLOCK)?-----(?P<v>[^-]{0,40000}(?:-----END [A-Z ]{0,60}-----)?)", None),
    (("@",), r"://[^\s/:@\"'<>]{0,200}:(?P<v>[^\s/\"'<>`]{1,500}|[^\s\"'<>`@]{1,500})@", None),
    (("@",), r"://(?P<v>(?=[A-Za-z_-]{0,199}\d)[A-Za-z0-9_-]{20,200})@", None),
    (("://",), r"://[^\s/:@\"'<>\[\]]{0,100}:(?P<v>(?!(?:\d{1,5}|port|PORT)(?:\W|\Z))[^\s/@:\"'<>]{3,500})(?=[\"'\s,;]|\Z)", None),  # cut before its `@`
    # In a URL's query, where the value of a key is no name of another: RFC 3986, 3.4, says what stands in it.
    (("key=", "token=", "secret=", "auth=", "appid=", "code=", "sig=", "signature=", "credential="), r"[?&;](?:key|token|secret|auth|appid|code|sig|signature|credential)=(?P<v>(?=[A-Za-z._~%+/=-]{0,200}\d)[A-Za-z0-9._~%+/=-]{8,2000})", 1),
    (("@tcp(", "@unix("), r"(?<![\w.-])[\w.-]{1,100}:(?P<v>[^\s:/\"']{3,300})@(?:tcp|unix)\(", None),
    (("/webhooks/",), r"/api/webhooks/\d{5,30}/(?P<v>[\w-]{20,200})", None),
    (("$",), r"(?P<v>\$\$?(?:2[abxy]?|1|5|6|7|y|gy|apr1|argon2\w{1,4}|pbkdf2[\w-]{0,20}|scrypt|sha1|md5)\$[^\s\"':,<>]{8,400})", None),
    (("{",), r"(?P<v>\{(?:S?SHA\d{0,3}|S?MD5|CRYPT|PBKDF2[\w-]{0,10}|ARGON2)\}[^\s\"',<>]{8,300})", None),
    (("SCRAM-SHA",), r"(?P<v>SCRAM-SHA-\d{1,3}[$=][^\s\"'<>]{8,400})", None),
    (("pbkdf2_sha",), r"(?P<v>pbkdf2_sha\d{1,3}\$[^\s\"'<>]{8,400})", None),
    (("md5",), r"\b(?P<v>md5[0-9a-f]{32})\b", 0),
    (("eyJ",), r"(?<![\w-])(?P<v>eyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]{0,4000})?)", 0),
    (("sk_live_", "rk_live_", "gh", "xox", "glpat-", "sk-"), r"\b(?P<v>gh[pousr]_\w{30,}|[rs]k_live_\w{16,}|xox[abeoprs]-[\w-]{10,}|sk-[\w-]{20,})", 0),
    (("earer ", "asic ", "EARER ", "ASIC "), r"(?i)\b(?:bearer|basic)\s{1,8}[\"']?(?P<v>(?=[A-Za-z._~+/-]{0,300}(?:[0-9=]|[a-z][A-Z]))[A-Za-z0-9._~+/=-]{6,4000})", 1),
)  # fmt: skip
CHANCE = re.compile(r"(?<![\w+/.-])(?P<v>[A-Za-z0-9+/_-]{24,200}={0,2})(?![\w+/.-])")
