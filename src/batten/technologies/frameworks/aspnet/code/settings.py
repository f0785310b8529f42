"""What options say of limits, of TLS, of tokens, of proxies, and of details in errors.

Sources: https://learn.microsoft.com/aspnet/core/fundamentals/servers/kestrel/options (limits; null turns a limit off, zero admits no body),
https://github.com/dotnet/aspnetcore/blob/main/src/Servers/Kestrel/Core/src/KestrelServerLimits.cs (30,000,000 bytes, 30 seconds for
headers, 240 bytes a second after 5 seconds; an infinite time turns the limit off),
https://learn.microsoft.com/aspnet/core/fundamentals/servers/kestrel/endpoints (SslProtocols),
https://learn.microsoft.com/dotnet/api/microsoft.identitymodel.tokens.tokenvalidationparameters (all checks are on but that of the
signing key), https://github.com/AzureAD/azure-activedirectory-identitymodel-extensions-for-dotnet/blob/dev/src/Microsoft.IdentityModel.Tokens/Validators.cs
(a function of the program's own is asked first, and then nothing else; 5.x asked the switch first),
https://learn.microsoft.com/aspnet/core/host-and-deploy/proxy-load-balancer (without known proxies and networks, every sender is trusted),
https://learn.microsoft.com/aspnet/core/fundamentals/static-files (any folder; types that are known, JSON among them, are served),
https://learn.microsoft.com/aspnet/core/signalr/configuration, https://learn.microsoft.com/aspnet/core/grpc/configuration,
https://learn.microsoft.com/dotnet/api/system.net.http.httpclienthandler.servercertificatecustomvalidationcallback.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tree_sitter import Node

from batten.facts import AccessRule, Fact, Feature, Limits, ResponseHeaders, WebRoot
from batten.formats import Workspace
from batten.model import ABSENT, UNKNOWN, Setting, Switch
from batten.technologies.frameworks.aspnet.code.module import (
    LAMBDAS,
    LARGEST,
    Module,
    argument,
    method_of,
    named_arguments,
)
from batten.technologies.frameworks.aspnet.code.options import Given, given
from batten.technologies.frameworks.aspnet.code.owners import attributes
from batten.technologies.frameworks.aspnet.code.policies import always_true, segment
from batten.technologies.frameworks.aspnet.code.reach import possible, reached, served
from batten.technologies.shared.choices import chosen
from batten.technologies.shared.settings.offers import listener, only
from batten.technologies.shared.transport.tls import version_named

TOKENS = "TokenValidationParameters"
_PROTOCOLS = {
    "Ssl2": "SSLv2",
    "Ssl3": "SSLv3",
    "Tls": "TLSv1",
    "Tls11": "TLSv1.1",
    "Tls12": "TLSv1.2",
    "Tls13": "TLSv1.3",
}
_PROTOCOL = re.compile(r"\s*(?:[\w.]+\.)?SslProtocols\.(\w+)\s*")
_CALLBACKS = (
    "ServerCertificateCustomValidationCallback",
    "ServerCertificateValidationCallback",
    "RemoteCertificateValidationCallback",
)
_NETWORKS = ("KnownNetworks.Clear", "KnownIPNetworks.Clear")
# What each check of a token is for, where it is off: whether it is all of the check, and what is accepted then.
CHECKS = {
    "RequireSignedTokens": (False, "tokens without a signature are accepted (`RequireSignedTokens = false`)"),
    "ValidateLifetime": (True, "expired tokens are accepted (`ValidateLifetime = false`)"),
    "RequireExpirationTime": (
        True,
        "tokens that never expire are accepted (`RequireExpirationTime = false`)",
    ),
    "ValidateAudience": (True, "tokens for other applications are accepted (`ValidateAudience = false`)"),
    "ValidateIssuer": (True, "tokens of other issuers are accepted (`ValidateIssuer = false`)"),
}
METADATA = "RequireHttpsMetadata"
# Functions that are asked whatever the switch says, and instead of the check.
_INSTEAD = {
    "RequireSignedTokens": ("SignatureValidator", "SignatureValidatorUsingConfiguration"),
    "ValidateLifetime": ("LifetimeValidator",),
    "RequireExpirationTime": ("LifetimeValidator",),
    "ValidateAudience": ("AudienceValidator",),
    "ValidateIssuer": ("IssuerValidator", "IssuerValidatorUsingConfiguration"),
}
_DETAILS = ("EnableDetailedErrors", "DetailedErrors")


def settings(module: Module, workspace: Workspace) -> Iterator[Fact]:
    """The facts of what options are given, of attributes, and of functions that verify certificates."""
    groups: dict[int, list[Given]] = {}
    for one in given(module, workspace):
        groups.setdefault(one.group.id, []).append(one)
    for held in groups.values():
        keys = {one.key: one for one in held if possible(one.reach)}
        yield from _trusting(module, held)
        for one in keys.values():
            # Checks of tokens that are off, where no function of the program's own checks the same.
            prefix, _, tokens_name = one.key.rpartition(".")
            of_tokens = one.subject == TOKENS or prefix.rpartition(".")[2] == TOKENS
            tokens_at = module.value(one.value, f"{TOKENS}/{tokens_name}")
            lead = f"{prefix}." if prefix else ""
            if of_tokens and tokens_name in CHECKS and module.plain(one.value) is False and not {f"{lead}{other}" for other in _INSTEAD[tokens_name]} & keys.keys():  # fmt: skip
                partial, why = CHECKS[tokens_name]
                yield AccessRule(tokens_at, "the check of tokens", why, partial=partial)
            elif of_tokens and tokens_name == "SignatureValidator" and _parses(module, one.value):
                yield AccessRule(
                    tokens_at, "the check of tokens", "no signature is verified (`SignatureValidator`)"
                )
            elif tokens_name == METADATA and module.plain(one.value) is False:
                why = "the keys that verify tokens may come over plain HTTP (`RequireHttpsMetadata = false`)"
                yield AccessRule(module.value(one.value, METADATA), "the check of tokens", why, partial=True)
            for reader in (_bounded, _protocols, _detailed, _browsed, _framed, _presented, _provided):
                yield from reader(module, one)
    yield from _sizes(module)
    # Functions that accept every certificate, for clients that the program makes.
    for node in module.assigned:
        left, value = node.child_by_field_name("left"), node.child_by_field_name("right")
        name = module.text(left).rpartition(".")[2]
        if value is None or name not in _CALLBACKS or not possible(reached(module, node, workspace)):
            continue
        named = method_of(module, value) if value.type == "member_access_expression" else ""
        every = always_true(module, value) or named == "DangerousAcceptAnyServerCertificateValidator"
        if every and not chosen(module.script, value):
            at = module.value(value, name)
            yield Feature(at, Switch.VERIFY_TLS, Setting(False, at), name)


def _bounded(module: Module, one: Given) -> Iterator[Limits]:
    """Limits of Kestrel, of IIS and of forms that are none, or a number."""
    at, value = module.value(one.value, f"{one.subject}/{one.key}"), module.plain(one.value)
    none = value is None or value == LARGEST
    if value == 0 and not isinstance(value, bool):
        return  # no body, or no time at all: Kestrel refuses the latter
    match one.last:
        case "MaxRequestBodySize" | "MultipartBodyLengthLimit" if none or (isinstance(value, int) and not isinstance(value, bool)):  # fmt: skip
            yield Limits(at, body=Setting(0 if none or not isinstance(value, int) else value, at))
        case "MaximumReceiveMessageSize" | "MaxReceiveMessageSize" if value is None:  # of SignalR, of gRPC
            yield Limits(at, body=Setting(0, at))
        case "RequestHeadersTimeout" if none:
            yield Limits(at, header_timeout=Setting(0.0, at))
        case "RequestHeadersTimeout" if isinstance(value, int):
            yield Limits(at, header_timeout=Setting(float(value), at))
        case "MinRequestBodyDataRate" if value is None:
            yield Limits(at, body_timeout=Setting(0.0, at))
        case "MinResponseDataRate" if value is None:
            yield Limits(at, send_timeout=Setting(0.0, at))


def _sizes(module: Module) -> Iterator[Limits]:
    """`[DisableRequestSizeLimit]`, `[RequestSizeLimit(…)]` and `[RequestFormLimits(…)]` of an action or a controller."""
    for node in (*module.methods, *module.classes):
        named = attributes(module, node)
        if (one := named.get("DisableRequestSizeLimit")) is not None:
            at = module.value(one, "DisableRequestSizeLimit")
            yield Limits(at, body=Setting(0, at))
        for attribute, parameter in (
            ("RequestSizeLimit", ""),
            ("RequestFormLimits", "MultipartBodyLengthLimit"),
        ):
            for name, value in named_arguments(named[attribute]) if attribute in named else ():
                number = module.plain(value)
                if name == parameter and isinstance(number, int) and number and not isinstance(number, bool):
                    at = module.value(value, parameter or attribute)
                    yield Limits(at, body=Setting(0 if number == LARGEST else number, at))


def _protocols(module: Module, one: Given) -> Iterator[Fact]:
    """`SslProtocols.Tls11 | SslProtocols.Tls12`; `None` leaves the choice to the operating system."""
    if one.last not in ("SslProtocols", "EnabledSslProtocols"):
        return
    found = [_PROTOCOL.fullmatch(part) for part in module.text(one.value)[:400].split("|")]
    names = [_PROTOCOLS.get(m[1], "") if m is not None else "" for m in found]
    if names and all(names):
        at = module.value(one.value, f"{one.subject}/{one.last}")
        yield from listener(at, Setting(tuple(filter(None, map(version_named, names))), at), None)


_PARSING = re.compile(
    r"new\s{1,9}(?:[\w.]{1,200}\.)?(?:JwtSecurityToken|JsonWebToken)\(|\.ReadJ(?:wt|son)\w{0,20}Token\("
)
_VERIFYING = re.compile(r"(?i)verif|valid(?!ator)|hmac|rsa|signature(?!validator)")


def _parses(module: Module, value: Node) -> bool:
    """Whether a function only reads the token: `(token, _) => new JwtSecurityToken(token)`."""
    if value.type not in LAMBDAS:
        return False
    text = module.text(value)[:2_000]
    return _PARSING.search(text) is not None and _VERIFYING.search(text) is None


def _trusting(module: Module, held: list[Given]) -> Iterator[Feature]:
    """Known networks and proxies that are cleared, and none that is added."""
    keys = {one.key for one in held}
    first = next((one for one in held if one.key in _NETWORKS), None)
    if first is None or first.subject != "ForwardedHeadersOptions" or "KnownProxies.Clear" not in keys:
        return
    if any(key.startswith("Known") and not key.endswith(".Clear") for key in keys):
        return
    if all(possible(one.reach) for one in held if one.key.startswith("Known")):
        at = segment(module, first.value, "ForwardedHeadersOptions/KnownNetworks")
        what = "X-Forwarded-For is trusted from any address (`KnownNetworks` and `KnownProxies` are cleared)"
        yield Feature(at, Switch.INVALID_HEADERS, Setting(True, at), what)


def _detailed(module: Module, one: Given) -> Iterator[Feature]:
    """Details of exceptions in answers of SignalR, gRPC and Blazor."""
    if one.last in _DETAILS and module.plain(one.value) is True and served(one.reach):
        at = module.value(one.value, f"{one.subject}/{one.last}")
        yield Feature(at, Switch.ERROR_DETAILS, Setting(True, at), f"details of exceptions (`{one.last}`)")


def _browsed(module: Module, one: Given) -> Iterator[WebRoot]:
    if one.last == "EnableDirectoryBrowsing" and module.plain(one.value) is True and served(one.reach):
        at = module.value(one.value, "enableDirectoryBrowsing")
        unknown = Setting[bool](UNKNOWN, at)
        yield WebRoot(at, path=Setting(UNKNOWN, at), listing=Setting(True, at), denies_hidden=unknown)


# What the program is started with: its settings, and the files that it is made of.
_OWN = re.compile(
    r"(?:[\w.]{0,200}\.)?ContentRootPath|(?:[\w.]{0,200}\.)?Directory\.GetCurrentDirectory\(\)|(?:[\w.]{0,200}\.)?AppContext\.BaseDirectory"
)


def _provided(module: Module, one: Given) -> Iterator[Feature]:
    """`FileProvider = new PhysicalFileProvider(builder.Environment.ContentRootPath)`."""
    made = module.resolved(one.value)
    if one.last != "FileProvider" or made is None or module.type_of(made) != "PhysicalFileProvider":
        return
    folder = module.resolved(argument(made, 0, "root"))
    if folder is None or not served(one.reach):
        return
    at = module.value(one.value, f"{one.subject}/FileProvider")
    if module.plain(folder) == "/":
        yield Feature(at, Switch.SYSTEM_ROOT, Setting(True, at), "everything below /")
    elif _OWN.fullmatch(module.text(folder)[:400]):
        what = f"everything below its folder (`{module.text(folder)[:60]}`), `appsettings.json` included"
        yield Feature(at, Switch.PROJECT_ROOT, Setting(True, at), what)


def _framed(module: Module, one: Given) -> Iterator[ResponseHeaders]:
    """Pages with forms, whose tokens otherwise come with X-Frame-Options."""
    if one.last == "SuppressXFrameOptionsHeader" and module.plain(one.value) is True:
        at = module.value(one.value, f"{one.subject}/{one.last}")
        yield ResponseHeaders(at, over_tls=False, sent=only("x-frame-options", Setting(ABSENT, at)))


def _presented(module: Module, one: Given) -> Iterator[AccessRule]:
    """Certificates of clients that no authority has to have signed."""
    every = one.last == "AllowAnyClientCertificate"
    if every or (one.last == "ClientCertificateValidation" and always_true(module, one.value)):
        at = segment(module, one.value, one.last) if every else module.value(one.value, one.last)
        yield AccessRule(at, "the check of client certificates", f"it accepts any (`{one.last}`)")
