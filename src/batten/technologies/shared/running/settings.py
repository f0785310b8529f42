"""Settings of technologies that batten has no writer of, by the control that they satisfy. Each row has its vendor's page."""

from __future__ import annotations

import re

from batten.model.record import record


@record(kw_only=True)
class Told:
    """What to do about a control. `{name}` and `{value}` are the header that should be sent, `{origins}` and `{hosts}` those
    of batten.yaml or an example. `about` is what the finding's sentence must show: the name of a cookie, a header."""

    controls: tuple[str, ...]
    text: str
    source: str
    cases: tuple[str, ...] = ()  # none: every case
    about: re.Pattern[str] | None = None

    def fits(self, control: str, case: str, message: str) -> bool:
        if control not in self.controls or (self.cases and case not in self.cases):
            return False
        return self.about is None or self.about.search(message) is not None


SENT = (
    "nosniff-sent framing-denied csp-sent referrer-policy-sent permissions-policy-sent cross-origin-isolation-sent hsts-sent "
    "cache-control-sensitive"
)
CORS = "cors-origin-listed cors-origin-not-reflected cors-credentials-narrow"


def _told(controls: str, text: str, source: str, cases: str = "", about: str = "") -> Told:
    pattern = re.compile(about, re.IGNORECASE) if about else None  # ours: one of the rows below
    return Told(
        controls=tuple(controls.split()), text=text, source=source, cases=tuple(cases.split()), about=pattern
    )


_FLASK = "https://flask.palletsprojects.com/en/stable"
_DJANGO = "https://docs.djangoproject.com/en/5.2/ref"
_STARLETTE = "https://www.starlette.io"
_LITESTAR = "https://docs.litestar.dev/latest"
_EXPRESS = "https://expressjs.com/en"
_FASTIFY = "https://github.com/fastify"
_NEST = "https://docs.nestjs.com"
_NEXT = "https://nextjs.org/docs/app/api-reference/config/next-config-js"
_SPRING = "https://docs.spring.io"
_ASP = "https://learn.microsoft.com/en-us/aspnet"
_RAILS = "https://guides.rubyonrails.org/configuring.html"
_LARAVEL = "https://laravel.com/docs/12.x"
_PHP = "https://www.php.net/manual/en"
_AWS = "https://docs.aws.amazon.com"

SETTINGS: dict[str, tuple[Told, ...]] = {
    "fastapi": (
        _told(SENT, 'set `response.headers["{name}"] = "{value}"` in a function decorated with `@app.middleware("http")`', "https://fastapi.tiangolo.com/tutorial/middleware/", "absent weak cacheable"),
        _told("error-free-of-traces", "return a fixed body from a function decorated with `@app.exception_handler(Exception)`", "https://fastapi.tiangolo.com/tutorial/handling-errors/"),
        _told("cookie-flags", "`response.set_cookie(…, secure=True, httponly=True, samesite=\"lax\")`", "https://fastapi.tiangolo.com/reference/response/", "flags-missing", about=r"`(?!session`)[^`]+` lacks"),
        _told("tls-required", "`app.add_middleware(HTTPSRedirectMiddleware)`", "https://fastapi.tiangolo.com/advanced/middleware/"),
    ),
    "starlette": (
        _told("debug-off error-free-of-traces", "`Starlette(debug=False)`", f"{_STARLETTE}/applications/"),
        _told(SENT, 'set `response.headers["{name}"] = "{value}"` in a `BaseHTTPMiddleware`', f"{_STARLETTE}/middleware/", "absent weak cacheable"),
        _told(CORS, "name the origins in `CORSMiddleware`: `allow_origins=[{origins}]`", f"{_STARLETTE}/middleware/"),
        _told("host-header-checked", "`Middleware(TrustedHostMiddleware, allowed_hosts=[{hosts}])`", f"{_STARLETTE}/middleware/"),
        _told("tls-required", "`Middleware(HTTPSRedirectMiddleware)`", f"{_STARLETTE}/middleware/"),
        _told("cookie-flags", "`SessionMiddleware(…, https_only=True, same_site=\"lax\")`", f"{_STARLETTE}/middleware/", about="`session`"),
    ),
    "litestar": (
        _told("debug-off", "`Litestar(debug=False)`, which is the default", f"{_LITESTAR}/usage/debugging.html"),
        _told("console-not-exposed", "`Litestar(openapi_config=None)`", f"{_LITESTAR}/usage/openapi/index.html", "docs-open"),
        _told(CORS, "`CORSConfig(allow_origins=[{origins}])`", f"{_LITESTAR}/usage/middleware/builtin-middleware.html"),
        _told("host-header-checked", "`Litestar(allowed_hosts=AllowedHostsConfig(allowed_hosts=[{hosts}]))`", f"{_LITESTAR}/usage/middleware/builtin-middleware.html"),
        _told(SENT, 'set it in a hook of `Litestar(before_send=[…])`, which sees errors, too: `MutableScopeHeaders.from_message(message)["{name}"] = "{value}"`', f"{_LITESTAR}/usage/applications.html", "absent weak cacheable"),
    ),
    "flask": (
        _told("debug-off", "start it without `debug=True`, `--debug` and `FLASK_DEBUG`", f"{_FLASK}/debugging/"),
        _told("error-free-of-traces", "return a fixed body from a function decorated with `@app.errorhandler(Exception)`", f"{_FLASK}/errorhandling/"),
        _told("cookie-flags", '`app.config.update(SESSION_COOKIE_SECURE=True, SESSION_COOKIE_HTTPONLY=True, SESSION_COOKIE_SAMESITE="Lax")`', f"{_FLASK}/web-security/", about="`session`"),
        _told("host-header-checked", "`TRUSTED_HOSTS = [{hosts}]`", f"{_FLASK}/config/"),
        _told(CORS, "name the origins where Flask-CORS is used: `CORS(app, origins=[{origins}])`", "https://flask-cors.readthedocs.io/en/latest/"),
        _told(SENT, 'set `response.headers["{name}"] = "{value}"` in a function decorated with `@app.after_request`', f"{_FLASK}/api/#flask.Flask.after_request", "absent weak cacheable"),
    ),
    "django": (
        _told("debug-off error-free-of-traces", "`DEBUG = False`", f"{_DJANGO}/settings/#debug"),
        _told("cookie-flags", "`CSRF_COOKIE_SECURE = True`", f"{_DJANGO}/settings/#csrf-cookie-secure", about="`csrftoken`"),
        _told("cookie-flags", "`SESSION_COOKIE_SECURE = True`", f"{_DJANGO}/settings/#session-cookie-secure", about="`sessionid`"),
        _told("nosniff-sent", "`SECURE_CONTENT_TYPE_NOSNIFF = True`, with `SecurityMiddleware` in `MIDDLEWARE`", f"{_DJANGO}/middleware/#module-django.middleware.security"),
        _told("hsts-sent", "`SECURE_HSTS_SECONDS = 31536000`, with `SecurityMiddleware` in `MIDDLEWARE`", f"{_DJANGO}/settings/#secure-hsts-seconds"),
        _told("referrer-policy-sent", '`SECURE_REFERRER_POLICY = "{value}"`, with `SecurityMiddleware` in `MIDDLEWARE`', f"{_DJANGO}/settings/#secure-referrer-policy"),
        _told("framing-denied", '`X_FRAME_OPTIONS = "{value}"`, with `XFrameOptionsMiddleware` in `MIDDLEWARE`', f"{_DJANGO}/clickjacking/"),
        _told("tls-required", "`SECURE_SSL_REDIRECT = True`, with `SecurityMiddleware` in `MIDDLEWARE`", f"{_DJANGO}/settings/#secure-ssl-redirect"),
        _told("host-header-checked", "`ALLOWED_HOSTS = [{hosts}]`", f"{_DJANGO}/settings/#allowed-hosts"),
        _told(CORS, "name the origins where django-cors-headers is used: `CORS_ALLOWED_ORIGINS = [{origins}]`", "https://github.com/adamchainz/django-cors-headers"),
    ),
    "express": (
        _told("error-free-of-traces", "start it with `NODE_ENV=production`", f"{_EXPRESS}/guide/error-handling.html"),
        _told(SENT, '`app.use((req, res, next) => {{ res.set("{name}", "{value}"); next(); }})` before the routes', f"{_EXPRESS}/api.html#res.set", "absent weak cacheable"),
        _told(CORS, "name the origins where the package cors is used: `cors({{ origin: [{origins}] }})`", f"{_EXPRESS}/resources/middleware/cors.html"),
        _told("cookie-flags", '`session({{ …, cookie: {{ secure: true, httpOnly: true, sameSite: "lax" }} }})`', f"{_EXPRESS}/resources/middleware/session.html", about=r"`connect\.sid`"),
        _told("banner-hidden", '`app.disable("x-powered-by")`', f"{_EXPRESS}/advanced/best-practice-security.html", about=r"^x-powered-by"),
    ),
    "nestjs": (
        _told(SENT, "`app.use(helmet())` before the routes", f"{_NEST}/security/helmet", "absent"),
        _told(CORS, "`app.enableCors({{ origin: [{origins}] }})`", f"{_NEST}/security/cors"),
        _told("console-not-exposed", "call `SwaggerModule.setup` outside of production only", f"{_NEST}/openapi/introduction", "docs-open"),
    ),
    "fastify": (
        _told(SENT, "`await app.register(require(\"@fastify/helmet\"))`", f"{_FASTIFY}/fastify-helmet", "absent"),
        _told(CORS, "name the origins where @fastify/cors is used: `origin: [{origins}]`", f"{_FASTIFY}/fastify-cors"),
        _told("console-not-exposed", "register `@fastify/swagger-ui` outside of production only", f"{_FASTIFY}/fastify-swagger-ui", "docs-open"),
    ),
    "nextjs": (
        _told("banner-hidden", "`poweredByHeader: false` in `next.config.js`", f"{_NEXT}/poweredByHeader", about=r"^x-powered-by"),
        _told(SENT, 'return `{{ key: "{name}", value: "{value}" }}` from `headers()` in `next.config.js`', f"{_NEXT}/headers", "absent weak cacheable"),
        _told("debug-headers-absent", "`productionBrowserSourceMaps: false` in `next.config.js`", f"{_NEXT}/productionBrowserSourceMaps", "source-map"),
    ),
    "spring-boot": (
        _told("error-free-of-traces", "`server.error.include-stacktrace=never` and `server.error.include-message=never`", f"{_SPRING}/spring-boot/appendix/application-properties/index.html"),
        _told("console-not-exposed", "`springdoc.api-docs.enabled=false` and `springdoc.swagger-ui.enabled=false`", "https://springdoc.org/#properties", "docs-open"),
        _told("console-not-exposed", "`management.endpoints.web.exposure.include=health`, and require a login for the others", f"{_SPRING}/spring-boot/reference/actuator/endpoints.html", "console-open metrics-open", about="spring|actuator|metrics"),
        _told("cookie-flags", "`server.servlet.session.cookie.secure=true`, `….http-only=true` and `….same-site=lax`", f"{_SPRING}/spring-boot/appendix/application-properties/index.html", about="`JSESSIONID`"),
        _told(CORS, "name the origins in the `CorsConfigurationSource`: `setAllowedOrigins(List.of({origins}))`", f"{_SPRING}/spring-security/reference/servlet/integrations/cors.html"),
        _told("nosniff-sent framing-denied hsts-sent cache-control-sensitive", "add `spring-boot-starter-security`, which sends it by default", f"{_SPRING}/spring-security/reference/servlet/exploits/headers.html", "absent"),
    ),
    "aspnet": (
        _told("error-free-of-traces debug-off", "start it with `ASPNETCORE_ENVIRONMENT=Production`, and call `app.UseExceptionHandler`", f"{_ASP}/core/fundamentals/error-handling"),
        _told("banner-hidden", '`<httpRuntime enableVersionHeader="false" />` in `web.config`', "https://learn.microsoft.com/en-us/dotnet/api/system.web.configuration.httpruntimesection.enableversionheader", about="^x-aspnet"),
        _told("cookie-flags", "`options.Cookie.SecurePolicy = CookieSecurePolicy.Always`", f"{_ASP}/core/security/authentication/cookie", about=r"`\.AspNetCore"),
        _told(CORS, "`policy.WithOrigins({origins})`", f"{_ASP}/core/security/cors"),
        _told("hsts-sent", "`app.UseHsts()`", f"{_ASP}/core/security/enforcing-ssl"),
        _told("tls-required", "`app.UseHttpsRedirection()`", f"{_ASP}/core/security/enforcing-ssl"),
        _told("host-header-checked", "`\"AllowedHosts\"` in `appsettings.json`: the API's own names", f"{_ASP}/core/fundamentals/servers/kestrel/host-filtering"),
    ),
    "rails": (
        _told("debug-off error-free-of-traces", "`config.consider_all_requests_local = false`", f"{_RAILS}#config-consider-all-requests-local"),
        _told("host-header-checked", "`config.hosts = [{hosts}]`", f"{_RAILS}#actiondispatch-hostauthorization"),
        _told("tls-required hsts-sent", "`config.force_ssl = true`", f"{_RAILS}#config-force-ssl"),
        _told(SENT, '`config.action_dispatch.default_headers["{name}"] = "{value}"`', f"{_RAILS}#config-action-dispatch-default-headers", "absent weak cacheable"),
        _told("debug-headers-absent", "`config.middleware.delete Rack::Runtime`", "https://guides.rubyonrails.org/rails_on_rack.html", about="`X-Runtime`"),
    ),
    "laravel": (
        _told("debug-off error-free-of-traces", "`APP_DEBUG=false`", f"{_LARAVEL}/errors#configuration"),
        _told("cookie-flags", "`SESSION_SECURE_COOKIE=true`", f"{_LARAVEL}/session#configuration", about="`laravel"),
        _told(CORS, "`'allowed_origins' => [{origins}]` in `config/cors.php`", f"{_LARAVEL}/routing#cors"),
    ),
    "php": (
        _told("banner-hidden", "`expose_php = Off` in `php.ini`", f"{_PHP}/ini.core.php#ini.expose-php", about="^x-powered-by"),
        _told("error-free-of-traces", "`display_errors = Off` in `php.ini`", f"{_PHP}/errorfunc.configuration.php#ini.display-errors"),
        _told("cookie-flags", "`session.cookie_secure = On`, `session.cookie_httponly = On` and `session.cookie_samesite = Lax` in `php.ini`", f"{_PHP}/session.configuration.php#ini.session.cookie-secure", about="`PHPSESSID`"),
        _told(SENT, '`header("{name}: {value}");` before any output', f"{_PHP}/function.header.php", "absent weak cacheable"),
    ),
    "nginx": (
        _told("content-type-declared", "`charset utf-8;`", "https://nginx.org/en/docs/http/ngx_http_charset_module.html", "no-charset"),
    ),
    "caddy": (
        _told("tls-required", "name the site by its host without `http://`: plain HTTP is then redirected to HTTPS", "https://caddyserver.com/docs/automatic-https"),
    ),
    "kong": (
        _told("banner-hidden", "`headers = off` in `kong.conf`", "https://developer.konghq.com/gateway/configuration/"),
    ),
    "werkzeug": (
        _told("banner-hidden", "Serve the application with a production server, such as Gunicorn, instead of the development server", f"{_FLASK}/deploying/"),
    ),
    "wsgiref": (
        _told("banner-hidden", "Serve the application with a production server, such as Gunicorn, instead of the development server", "https://docs.djangoproject.com/en/5.2/ref/django-admin/#runserver"),
    ),
    "python-http": (
        _told("banner-hidden listing-off", "Serve the files with a production server instead of `http.server`", "https://docs.python.org/3/library/http.server.html"),
    ),
    "tornado": (
        _told("banner-hidden", '`self.clear_header("Server")` in `set_default_headers` of the handlers', "https://www.tornadoweb.org/en/stable/web.html#tornado.web.RequestHandler.set_default_headers"),
        _told("debug-off error-free-of-traces", "`Application(…, debug=False, serve_traceback=False)`", "https://www.tornadoweb.org/en/stable/guide/running.html#debug-mode-and-automatic-reloading"),
    ),
    "tomcat": (
        _told("banner-hidden error-free-of-traces", '`<Valve className="org.apache.catalina.valves.ErrorReportValve" showReport="false" showServerInfo="false"/>`', "https://tomcat.apache.org/tomcat-10.1-doc/config/valve.html#Error_Report_Valve"),
        _told("trace-disabled", '`allowTrace="false"` of the connector, which is the default', "https://tomcat.apache.org/tomcat-10.1-doc/config/http.html"),
    ),
    "jetty": (
        _told("banner-hidden", "`jetty.httpConfig.sendServerVersion=false`", "https://jetty.org/docs/jetty/12/operations-guide/modules/standard.html"),
    ),
    "iis": (
        _told("banner-hidden", '`<requestFiltering removeServerHeader="true" />`', "https://learn.microsoft.com/en-us/iis/configuration/system.webserver/security/requestfiltering/", about="^server"),
        _told("listing-off", '`<directoryBrowse enabled="false" />`', "https://learn.microsoft.com/en-us/iis/configuration/system.webserver/directorybrowse"),
    ),
    "go": (
        _told(SENT, '`w.Header().Set("{name}", "{value}")` in a handler around all others', "https://pkg.go.dev/net/http#Header.Set", "absent weak cacheable"),
    ),
    "cloudflare": (
        _told("tls-version", "set Minimum TLS Version of the zone to TLS 1.2", "https://developers.cloudflare.com/ssl/edge-certificates/additional-options/minimum-tls/"),
        _told("tls-required", "turn on Always Use HTTPS of the zone", "https://developers.cloudflare.com/ssl/edge-certificates/additional-options/always-use-https/"),
    ),
    "cloudfront": (
        _told("tls-version tls-ciphers", "`MinimumProtocolVersion: TLSv1.2_2021` of the distribution", f"{_AWS}/AmazonCloudFront/latest/DeveloperGuide/secure-connections-supported-viewer-protocols-ciphers.html"),
        _told("tls-required", "`ViewerProtocolPolicy: redirect-to-https` of the cache behaviours", f"{_AWS}/AmazonCloudFront/latest/DeveloperGuide/using-https-viewers-to-cloudfront.html"),
        _told(SENT, "add `{name}: {value}` to a response headers policy of the distribution", f"{_AWS}/AmazonCloudFront/latest/DeveloperGuide/adding-response-headers.html", "absent weak cacheable"),
    ),
    "aws-alb": (
        _told("tls-version tls-ciphers", "`SslPolicy: ELBSecurityPolicy-TLS13-1-2-2021-06` of the listener", f"{_AWS}/elasticloadbalancing/latest/application/describe-ssl-policies.html"),
        _told("tls-required", "add an action `redirect` to HTTPS to the listener of port 80", f"{_AWS}/elasticloadbalancing/latest/application/load-balancer-listeners.html"),
    ),
    "aws-api-gateway": (
        _told("tls-version tls-ciphers", "`SecurityPolicy: TLS_1_2` of the custom domain name", f"{_AWS}/apigateway/latest/developerguide/apigateway-custom-domain-tls-version.html"),
        _told(CORS, "`AllowOrigins: [{origins}]` of the API's CORS configuration", f"{_AWS}/apigateway/latest/developerguide/http-api-cors.html"),
    ),
    "aws-s3": (
        _told("listing-off", "turn on Block Public Access of the bucket, and allow no `s3:ListBucket` to everyone", f"{_AWS}/AmazonS3/latest/userguide/access-control-block-public-access.html"),
    ),
}  # fmt: skip
