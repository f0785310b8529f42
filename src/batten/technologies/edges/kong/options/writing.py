"""Which value of kong.conf makes which remedy true."""

from __future__ import annotations

import re

from batten.model import Fix, Location, Quantity, Remedy, Safety, Setting, Switch
from batten.model import remedy as want
from batten.model.record import record
from batten.technologies.edges.kong.options.reading import Options, without_version
from batten.technologies.shared.transport.questions import ask_certificate
from batten.technologies.shared.transport.tls import OLD_SUITES, OLD_VERSIONS

_ANYWHERE = re.compile(r"(?:0\.0\.0\.0|\[::\])(?=:\d)")


@record
class Change:
    """An option and its new value; `breaks` is "" when nobody may notice."""

    name: str
    value: str
    title: str
    breaks: str = ""


def change_of(options: Options, remedy: Remedy, name: str) -> Change | Fix | None:
    """The change for an option; a Fix where a person must say something first."""
    match remedy:
        case want.MinimumTls():
            value = "TLSv1.2 TLSv1.3" if name.endswith("protocols") else "intermediate"
            return Change(name, value, "accept TLS 1.2 and newer only", OLD_VERSIONS)
        case want.UseSuites(suites):
            value = ":".join(suites) if name == "ssl_ciphers" else "intermediate"
            return Change(name, value, "accept forward-secret AEAD suites only", OLD_SUITES)
        case want.RunAs() if name == "nginx_user":
            return Change(name, "kong kong", "run as the user kong", "files that only root reads")
        case want.RedirectToTls():
            return ask_certificate("serve this over TLS", " (`proxy_listen` with `ssl`, and `ssl_cert`)")
        case want.Limit(Quantity.BODY, amount):
            breaks = f"clients that send bodies of more than {amount}"
            return Change(name, amount, "limit the size of bodies", breaks)
        case want.RequireAuth() if "session_conf" not in name:
            variable = f"kong_secret_{name}"
            breaks = f"Kong, until the environment variable {variable.upper()} is set"
            value = f"{{vault://env/{variable.replace('_', '-')}}}"
            return Change(name, value, "read it from the environment", breaks)
        case want.TurnOn(feature):
            match feature:
                case Switch.ACCESS_LOG:
                    return Change(name, "logs/access.log", "log requests")
                case Switch.ERROR_LOG:
                    return Change(name, "logs/error.log", "log errors")
                case Switch.VERIFY_TLS:
                    breaks = "servers whose certificate is signed by a CA that is not in `lua_ssl_trusted_certificate`"
                    return Change(name, "on", "verify certificates", breaks)
                case _:
                    return None
        case want.TurnOff(feature):
            return _off(options[name], name, feature)
        case _:
            return None


def _off(setting: Setting[str], name: str, feature: Switch) -> Change | Fix | None:
    text = setting.known("server_tokens, latency_tokens")
    match feature:
        case Switch.BANNER:
            return Change(name, without_version(text), "hide Kong's version")
        case Switch.CONSOLE | Switch.METRICS:
            who = "administer Kong" if feature is Switch.CONSOLE else "collect metrics"
            breaks = f"clients that {who} from another host"
            return Change(name, _ANYWHERE.sub("127.0.0.1", text), "listen on loopback only", breaks)
        case Switch.ERROR_DETAILS:
            return Change(name, "off", "turn it off", "developers who debug with the header Kong-Debug")
        case Switch.INVALID_HEADERS:
            question = "which proxies are in front of Kong (`trusted_ips`)?"
            return Fix("trust known proxies only", (), safety=Safety.VALUE, question=question)
        case _:
            return None


def option_at(at: Location) -> str:
    return at.pointer.rpartition("/")[2].lower().removeprefix("kong_")
