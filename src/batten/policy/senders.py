"""Request headers by which edges speak to applications. A client that writes one speaks in the edge's name.

One row for each family, with the documentation of what reads it. Names are in lower case.
"""

from __future__ import annotations

from enum import Enum

from batten.model.record import record


class Kind(Enum):
    """What an application does with such a header."""

    OVERRIDE = "override"  # another verb or target than the one that was judged: of no sender
    CHAIN = "chain"  # the addresses that a request came through, which are read from the right
    CLIENT = "client"  # one address, the client's
    SCHEME = "scheme"  # `http` or `https`
    SWITCH = "switch"  # `on` for TLS
    HOST = "host"  # the host that the client asked for
    PLACE = "place"  # port, prefix, names of proxies, country
    IDENTITY = "identity"  # a user or a certificate that an edge has checked
    INSTRUCTION = "instruction"  # an edge's orders to what is behind it


@record
class Named:
    kind: Kind
    source: str
    names: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()


_ENVOY = "https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_conn_man/headers"
_TRAEFIK = "https://doc.traefik.io/traefik/routing/entrypoints/#forwarded-headers"
_AWS = "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/"
_CLOUDFLARE = "https://developers.cloudflare.com/fundamentals/reference/http-headers/"
_CLIENT_LIBRARY = "https://github.com/pbojinov/request-ip#how-it-works"
_OAUTH2_PROXY = "https://oauth2-proxy.github.io/oauth2-proxy/configuration/overview"
_RFC_7239 = "https://www.rfc-editor.org/rfc/rfc7239"

HEADERS = (
    Named(Kind.OVERRIDE, "https://expressjs.com/en/resources/middleware/method-override.html",
          ("x-http-method-override", "x-method-override", "x-http-method")),
    Named(Kind.OVERRIDE, "https://symfony.com/blog/cve-2018-14773-remove-support-for-legacy-and-risky-http-headers",
          ("x-original-url", "x-rewrite-url")),
    Named(Kind.OVERRIDE, "https://kubernetes.github.io/ingress-nginx/user-guide/nginx-configuration/annotations/#external-authentication",
          ("x-original-uri", "x-original-method")),
    Named(Kind.CHAIN, "https://nginx.org/en/docs/http/ngx_http_realip_module.html#real_ip_header", ("x-forwarded-for",)),
    Named(Kind.CHAIN, f"{_RFC_7239}#section-4", ("forwarded",)),
    Named(Kind.CLIENT, "https://nginx.org/en/docs/http/ngx_http_realip_module.html#real_ip_header", ("x-real-ip",)),
    Named(Kind.CLIENT, _CLOUDFLARE, ("cf-connecting-ip", "cf-connecting-ipv6", "cf-pseudo-ipv4", "true-client-ip")),
    Named(Kind.CLIENT, "https://www.fastly.com/documentation/reference/http/http-headers/Fastly-Client-IP/",
          ("fastly-client-ip",)),
    Named(Kind.CLIENT, _CLIENT_LIBRARY, ("x-client-ip", "x-cluster-client-ip", "x-forwarded", "forwarded-for", "client-ip")),
    Named(Kind.CLIENT, "https://cloud.google.com/appengine/docs/standard/reference/request-headers",
          ("x-appengine-user-ip", "x-appengine-remote-addr")),
    Named(Kind.CLIENT, "https://learn.microsoft.com/en-us/azure/frontdoor/front-door-http-headers-protocol",
          ("x-azure-clientip", "x-azure-socketip")),
    Named(Kind.CLIENT, "https://fly.io/docs/networking/request-headers/", ("fly-client-ip",)),
    Named(Kind.CLIENT, "https://docs.digitalocean.com/products/app-platform/details/limits/", ("do-connecting-ip",)),
    Named(Kind.CLIENT, _ENVOY, ("x-envoy-external-address",)),
    # Of these no product's page is known that reads them first; filters for abuse read them for the client's address.
    Named(Kind.CLIENT, "no documentation", ("x-originating-ip", "x-remote-ip", "x-remote-addr", "x-proxyuser-ip",
                                          "x-original-forwarded-for", "x-forwarded-for-original", "x-original-for")),
    Named(Kind.SCHEME, "https://docs.djangoproject.com/en/stable/ref/settings/#secure-proxy-ssl-header",
          ("x-forwarded-proto", "x-forwarded-protocol", "x-forwarded-scheme", "x-scheme", "x-url-scheme")),
    Named(Kind.SCHEME, "https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/adding-cloudfront-headers.html",
          ("cloudfront-forwarded-proto",)),
    Named(Kind.SWITCH, "https://docs.gunicorn.org/en/stable/settings.html#secure-scheme-headers",
          ("x-forwarded-ssl", "front-end-https")),
    Named(Kind.HOST, "https://docs.djangoproject.com/en/stable/ref/settings/#use-x-forwarded-host",
          ("x-forwarded-host", "x-original-host", "x-host", "x-http-host-override")),
    Named(Kind.PLACE, "https://werkzeug.palletsprojects.com/en/stable/middleware/proxy_fix/",
          ("x-forwarded-port", "x-forwarded-prefix", "x-script-name")),
    Named(Kind.PLACE, "https://httpd.apache.org/docs/2.4/mod/mod_proxy.html#x-headers",
          ("x-forwarded-server", "x-forwarded-by", "x-forwarded-path", "x-forwarded-uri", "x-forwarded-method")),
    Named(Kind.PLACE, _CLOUDFLARE, ("cf-visitor", "cf-ipcountry")),
    Named(Kind.IDENTITY, _OAUTH2_PROXY,
          ("x-forwarded-user", "x-forwarded-email", "x-forwarded-groups", "x-forwarded-preferred-username",
           "x-forwarded-access-token", "x-auth-request-user", "x-auth-request-email", "x-auth-request-groups",
           "x-auth-request-preferred-username", "x-auth-request-access-token"), ("x-auth-request-",)),
    Named(Kind.IDENTITY, "https://kubernetes.io/docs/reference/access-authn-authz/authentication/#authenticating-proxy",
          ("x-remote-user", "x-remote-group", "x-remote-uid"), ("x-remote-extra-",)),
    Named(Kind.IDENTITY, "https://www.authelia.com/integration/trusted-header-sso/introduction/",
          ("remote-user", "remote-groups", "remote-email", "remote-name")),
    Named(Kind.IDENTITY, "https://grafana.com/docs/grafana/latest/setup-grafana/configure-access/configure-authentication/auth-proxy/",
          ("x-webauth-user", "x-webauth-groups", "x-webauth-email", "x-webauth-name", "x-webauth-role")),
    Named(Kind.IDENTITY, "https://docs.goauthentik.io/add-secure-apps/providers/proxy/",
          ("x-authentik-username", "x-authentik-groups", "x-authentik-email", "x-authentik-name", "x-authentik-uid", "x-authentik-jwt"), ("x-authentik-",)),
    Named(Kind.IDENTITY, "https://www.pomerium.com/docs/capabilities/getting-users-identity",
          ("x-pomerium-jwt-assertion", "x-pomerium-claim-email", "x-pomerium-claim-user", "x-pomerium-claim-groups"), ("x-pomerium-",)),
    Named(Kind.IDENTITY, "https://developers.cloudflare.com/cloudflare-one/access-controls/applications/http-apps/authorization-cookie/",
          ("cf-access-jwt-assertion", "cf-access-authenticated-user-email"), ("cf-access-",)),
    Named(Kind.IDENTITY, "https://cloud.google.com/iap/docs/identity-howto", ("x-goog-iap-jwt-assertion", "x-goog-authenticated-user-email", "x-goog-authenticated-user-id"),
          ("x-goog-authenticated-user-",)),
    Named(Kind.IDENTITY, f"{_AWS}listener-authenticate-users.html",
          ("x-amzn-oidc-identity", "x-amzn-oidc-accesstoken", "x-amzn-oidc-data"), ("x-amzn-oidc-",)),
    Named(Kind.IDENTITY, f"{_AWS}mutual-authentication.html",
          ("x-amzn-mtls-clientcert", "x-amzn-mtls-clientcert-serial-number", "x-amzn-mtls-clientcert-issuer",
           "x-amzn-mtls-clientcert-subject", "x-amzn-mtls-clientcert-validity", "x-amzn-mtls-clientcert-leaf"), ("x-amzn-mtls-",)),
    Named(Kind.IDENTITY, "https://learn.microsoft.com/en-us/azure/app-service/configure-authentication-user-identities",
          ("x-arr-clientcert", "x-ms-client-principal", "x-ms-client-principal-id", "x-ms-client-principal-name",
           "x-ms-client-principal-idp"), ("x-ms-client-principal",)),
    Named(Kind.IDENTITY, "https://docs.konghq.com/hub/kong-inc/key-auth/",
          ("x-anonymous-consumer", "x-credential-identifier", "x-consumer-id", "x-consumer-username", "x-consumer-custom-id",
           "x-consumer-groups"), ("x-consumer-",)),
    Named(Kind.IDENTITY, "https://tailscale.com/kb/1312/serve#identity-headers",
          ("tailscale-user-login", "tailscale-user-name", "tailscale-user-profile-pic"), ("tailscale-user-",)),
    Named(Kind.IDENTITY, "https://cloud.google.com/appengine/docs/standard/reference/request-headers", (), ("x-appengine-",)),
    Named(Kind.IDENTITY, f"{_ENVOY}#x-forwarded-client-cert", ("x-forwarded-client-cert",)),
    Named(Kind.IDENTITY, "https://doc.traefik.io/traefik/middlewares/http/passtlsclientcert/",
          ("x-forwarded-tls-client-cert", "x-forwarded-tls-client-cert-info")),
    Named(Kind.IDENTITY, "https://www.rfc-editor.org/rfc/rfc9440", ("client-cert", "client-cert-chain")),
    Named(Kind.IDENTITY, "https://nginx.org/en/docs/http/ngx_http_ssl_module.html#variables",
          ("ssl-client-cert", "ssl-client-verify", "ssl-client-subject-dn", "ssl-client-issuer-dn", "x-ssl-cert", "x-ssl-client-cert",
           "x-ssl-client-verify", "x-ssl-client-s-dn", "x-ssl-client-i-dn", "x-ssl-client-cn", "x-client-cert", "x-client-verify",
           "x-client-dn"),
          ("x-ssl-", "x-client-cert", "x-client-verify", "x-client-dn")),
    Named(Kind.INSTRUCTION, _ENVOY, (), ("x-envoy-",)),
    Named(Kind.INSTRUCTION, "https://rack.github.io/rack/3.2/Rack/Sendfile.html", ("x-sendfile-type", "x-sendfile", "x-accel-mapping", "x-accel-redirect"), ("x-accel-",)),
    Named(Kind.INSTRUCTION, "https://httpoxy.org/", ("proxy",)),
    # Every other name of the family: who reads it believes that an edge wrote it.
    Named(Kind.IDENTITY, _TRAEFIK, (), ("x-forwarded-",)),
)  # fmt: skip

_NAMES = {name.encode(): row.kind for row in reversed(HEADERS) for name in row.names}
_PREFIXES = tuple((prefix.encode(), row.kind) for row in HEADERS for prefix in row.prefixes)


def names() -> tuple[str, ...]:
    """All that are named, for who cannot tell a family by its prefix."""
    return tuple(sorted(name.decode() for name in _NAMES))


def prefixes() -> tuple[str, ...]:
    return tuple(prefix.decode() for prefix, _ in _PREFIXES)


def kind_of(name: bytes) -> Kind | None:
    """The kind of a header's name in lower case; None for what clients may say."""
    found = _NAMES.get(name)
    if found is not None:
        return found
    return next((kind for prefix, kind in _PREFIXES if name.startswith(prefix)), None)
