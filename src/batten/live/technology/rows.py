"""The technologies that are recognised, the outermost first. Each row's source documents what its marks are."""

from __future__ import annotations

from batten.facts import Stage
from batten.live.technology.row import Technology, cookie, issued, page, sent, text, trace

NETWORKS = (
    Technology(
        name="cloudflare", title="Cloudflare", stage=Stage.NETWORK,
        marks=(sent("server", r"^cloudflare$"), sent("cf-ray", r"^[0-9a-f]{16}-?\w*$")),
        source="https://developers.cloudflare.com/fundamentals/reference/http-headers/",
    ),
    Technology(
        name="cloudfront", title="Amazon CloudFront", stage=Stage.NETWORK,
        marks=(sent("via", r"\.cloudfront\.net \(CloudFront\)"), sent("server", r"^CloudFront$")),
        source="https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/RequestAndResponseBehaviorCustomOrigin.html",
    ),
    Technology(
        name="aws-alb", title="AWS Application Load Balancer", stage=Stage.NETWORK,
        marks=(sent("server", r"^awselb/(\d+\.\d+)$"), cookie(r"AWSALB(?:CORS|TG|APP-\d)?")),
        source="https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html",
    ),
    Technology(
        name="aws-api-gateway", title="AWS API Gateway", stage=Stage.NETWORK,
        marks=(sent("x-amz-apigw-id", r"^\S{10,}$"), sent("apigw-requestid", r"^\S{10,}$"), sent("x-amzn-errortype", r"^(?:MissingAuthenticationToken|Forbidden|InternalServerError)Exception", alone=False)),
        source="https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html",
    ),
    Technology(
        name="aws-s3", title="Amazon S3", stage=Stage.NETWORK,
        marks=(sent("server", r"^AmazonS3$"),),
        source="https://docs.aws.amazon.com/AmazonS3/latest/API/RESTCommonResponseHeaders.html",
    ),
)  # fmt: skip

EDGES = (
    Technology(
        name="kong", title="Kong", stage=Stage.EDGE,
        marks=(sent("server", r"^kong/(\d[\d.]*)"), sent("via", r"\bkong/(\d[\d.]*)"), sent("x-kong-response-latency", r"^\d+$"), text(r'"message":\s*"no Route matched with those values"', media="json")),
        also=("nginx",),
        source="https://developer.konghq.com/gateway/configuration/#headers",
    ),
    Technology(
        name="envoy", title="Envoy", stage=Stage.EDGE,
        marks=(sent("server", r"^envoy$"), sent("x-envoy-upstream-service-time", r"^\d+$")),
        source="https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_conn_man/headers#server",
    ),
    Technology(
        name="traefik", title="Traefik", stage=Stage.EDGE,
        marks=(issued(r"TRAEFIK DEFAULT CERT"),),
        also=("go",),
        source="https://doc.traefik.io/traefik/https/tls/#default-certificate",
    ),
    Technology(
        name="haproxy", title="HAProxy", stage=Stage.EDGE,
        # The words of its own errors: "http-errors" of the manual, RFC 7231's names in its own spelling
        marks=(page(r"<html><body><h1>(?:400 Bad request|403 Forbidden|408 Request Time-out|502 Bad Gateway|503 Service Unavailable|504 Gateway Time-out)</h1>\n(?:Your browser |Request forbidden by administrative|The server returned an invalid|No server is available|The server didn't respond)"),),
        source="https://docs.haproxy.org/3.0/configuration.html#3.8",
    ),
    Technology(
        name="caddy", title="Caddy", stage=Stage.EDGE,
        marks=(sent("server", r"^Caddy(?:/v?(\d[\d.]*))?"), sent("via", r"\bCaddy$"), issued(r"Caddy Local Authority")),
        also=("go",),
        source="https://caddyserver.com/docs/caddyfile/directives/header#examples",
    ),
    Technology(
        name="nginx", title="nginx", stage=Stage.EDGE,
        marks=(sent("server", r"^(?:nginx|openresty)(?:/(\d[\d.]*))?"), page(r"<center>(?:nginx|openresty)(?:/(\d[\d.]*))?(?: \(\w+\))?</center>")),
        source="https://nginx.org/en/docs/http/ngx_http_core_module.html#server_tokens",
    ),
    Technology(
        name="apache", title="Apache", stage=Stage.EDGE,
        marks=(sent("server", r"^Apache(?:/(\d[\d.]*))?(?!-Coyote)(?:[\s(]|$)"), page(r"<address>Apache(?:/(\d[\d.]*))?(?: \([^)<]*\))? Server at ")),
        source="https://httpd.apache.org/docs/2.4/mod/core.html#servertokens",
    ),
    Technology(
        name="lighttpd", title="lighttpd", stage=Stage.EDGE,
        marks=(sent("server", r"^lighttpd(?:/(\d[\d.]*))?"),),
        source="https://redmine.lighttpd.net/projects/lighttpd/wiki/Server_tag",
    ),
    Technology(
        name="iis", title="IIS", stage=Stage.EDGE,
        marks=(sent("server", r"^Microsoft-IIS/(\d[\d.]*)"), page(r"<h2>Bad Request - Invalid (?:URL|Hostname)</h2>")),
        source="https://learn.microsoft.com/en-us/iis/configuration/system.webserver/security/requestfiltering/",
    ),
)  # fmt: skip

SERVERS = (
    Technology(
        name="uvicorn", title="uvicorn", stage=Stage.SERVER,
        marks=(sent("server", r"^uvicorn$"), text(r"^Invalid HTTP request received\.$", alone=False)),
        source="https://www.uvicorn.org/settings/#http",
    ),
    Technology(
        name="hypercorn", title="Hypercorn", stage=Stage.SERVER, marks=(sent("server", r"^hypercorn-h\d"),),
        source="https://hypercorn.readthedocs.io/en/latest/how_to_guides/configuring.html",
    ),
    Technology(
        name="gunicorn", title="Gunicorn", stage=Stage.SERVER, marks=(sent("server", r"^gunicorn(?:/(\d[\d.]*))?"),),
        source="https://docs.gunicorn.org/en/stable/settings.html",
    ),
    Technology(
        name="granian", title="Granian", stage=Stage.SERVER, marks=(sent("server", r"^granian$"),),
        source="https://github.com/emmett-framework/granian",
    ),
    Technology(
        name="tornado", title="Tornado", stage=Stage.SERVER, marks=(sent("server", r"^TornadoServer/(\d[\d.]*)"),),
        source="https://www.tornadoweb.org/en/stable/web.html",
    ),
    Technology(
        name="werkzeug", title="Werkzeug's development server", stage=Stage.SERVER,
        marks=(sent("server", r"^Werkzeug/(\d[\d.]*)"),),
        source="https://werkzeug.palletsprojects.com/en/stable/serving/",
    ),
    Technology(
        name="wsgiref", title="Python's wsgiref", stage=Stage.SERVER, marks=(sent("server", r"^WSGIServer/(\d[\d.]*)"),),
        source="https://docs.python.org/3/library/wsgiref.html",
    ),
    Technology(
        name="python-http", title="Python's http.server", stage=Stage.SERVER, marks=(sent("server", r"^SimpleHTTP/(\d[\d.]*)"),),
        source="https://docs.python.org/3/library/http.server.html",
    ),
    Technology(
        name="tomcat", title="Tomcat", stage=Stage.SERVER,
        marks=(sent("server", r"^Apache-Coyote/"), page(r"<h3>Apache Tomcat/(\d[\w.-]*)"), page(r"<h1>HTTP Status 4\d\d – ", alone=False)),
        source="https://tomcat.apache.org/tomcat-10.1-doc/config/valve.html#Error_Report_Valve",
    ),
    Technology(
        name="jetty", title="Jetty", stage=Stage.SERVER,
        marks=(sent("server", r"^Jetty\((\d[\w.-]*)\)"), page(r"Powered by (?:<a [^<>]*>)?Jetty://(?: (\d[\w.-]*))?")),
        source="https://jetty.org/docs/jetty/12/programming-guide/server/http.html",
    ),
    Technology(
        name="kestrel", title="Kestrel", stage=Stage.SERVER, marks=(sent("server", r"^Kestrel$"),),
        source="https://learn.microsoft.com/en-us/aspnet/core/fundamentals/servers/kestrel/options",
    ),
    Technology(
        name="puma", title="Puma", stage=Stage.SERVER,
        marks=(text(r"^Puma caught this error:"),),
        source="https://puma.io/puma/",
    ),
    Technology(
        name="php", title="PHP", stage=Stage.SERVER,
        marks=(sent("x-powered-by", r"\bPHP/(\d[\d.]*)"), cookie(r"PHPSESSID")),
        source="https://www.php.net/manual/en/ini.core.php#ini.expose-php",
    ),
    Technology(
        name="go", title="Go's net/http", stage=Stage.SERVER,
        marks=(text(r"^404 page not found\n$", media="text/plain", alone=False),),
        source="https://pkg.go.dev/net/http#NotFound",
    ),
)  # fmt: skip

FRAMEWORKS = (
    Technology(
        name="fastapi", title="FastAPI", stage=Stage.FRAMEWORK,
        marks=(trace(r"[\\/]site-packages[\\/]fastapi[\\/]\w+\.py\b"), 
            text(r'^\{"detail":\[\{"type":"[a-z_]+","loc":\["(?:path|query|body|header|cookie)"', media="json"),
            page(r"https://fastapi\.tiangolo\.com/img/favicon\.png", "its documentation page", status=0),
            text(r'^\{"detail":"(?:Not Found|Method Not Allowed)"\}$', media="json", alone=False),
        ),
        also=("starlette",),
        source="https://fastapi.tiangolo.com/tutorial/handling-errors/",
    ),
    Technology(
        name="starlette", title="Starlette", stage=Stage.FRAMEWORK,
        marks=(trace(r"[\\/]site-packages[\\/]starlette[\\/]\w+[\\/]?\w*\.py\b"), 
            page(r"<title>Starlette Debugger</title>", "its debug page"),
            text(r"^(?:Not Found|Method Not Allowed)$", media="text/plain", alone=False),
        ),
        source="https://www.starlette.io/exceptions/",
    ),
    Technology(
        name="litestar", title="Litestar", stage=Stage.FRAMEWORK,
        marks=(trace(r"[\\/]site-packages[\\/]litestar[\\/]"), 
            text(r'^\{"status_code":4\d\d,"detail":"', media="json"),
            page(r"<title>Litestar exception page</title>|Litestar exception page", "its debug page"),
        ),
        source="https://docs.litestar.dev/latest/usage/exceptions.html",
    ),
    Technology(
        name="flask", title="Flask", stage=Stage.FRAMEWORK,
        marks=(trace(r"[\\/]site-packages[\\/]flask[\\/]\w+\.py\b"), 
            page(r"<title>[^<]*// Werkzeug Debugger</title>", "its debug page"),
            page(r"^<!doctype html>\n<html lang=en>\n<title>4\d\d [\w ]+</title>\n<h1>[\w ]+</h1>\n<p>"),
        ),
        source="https://flask.palletsprojects.com/en/stable/errorhandling/",
    ),
    Technology(
        name="django", title="Django", stage=Stage.FRAMEWORK,
        marks=(trace(r"[\\/]site-packages[\\/]django[\\/]core[\\/]handlers[\\/]"), 
            cookie(r"csrftoken"),
            cookie(r"sessionid", alone=False),
            page(r"You(?:'|’|&#x27;)re seeing this error because you have <code>DEBUG = True</code>", "its debug page"),
            page(r"<h1>Not Found</h1><p>The requested resource was not found on this server\.</p>"),
            page(r"<h1>Bad Request \(400\)</h1>|<h1>Server Error \(500\)</h1>", alone=False),
        ),
        source="https://docs.djangoproject.com/en/5.2/ref/views/#error-views",
    ),
    Technology(
        name="nestjs", title="NestJS", stage=Stage.FRAMEWORK,
        marks=(trace(r"[\\/]node_modules[\\/]@nestjs[\\/]core[\\/]"), text(r'^\{"message":"Cannot [A-Z]+ /[^"]*","error":"Not Found","statusCode":404\}$', media="json"),),
        also=("express",),
        source="https://docs.nestjs.com/exception-filters",
    ),
    Technology(
        name="express", title="Express", stage=Stage.FRAMEWORK,
        marks=(trace(r"[\\/](?:node_modules|nodejs)[\\/]express[\\/]lib[\\/]"), sent("x-powered-by", r"^Express$"), cookie(r"connect\.sid"), page(r"<title>Error</title>\s*</head>\s*<body>\s*<pre>Cannot [A-Z]+ /")),
        source="https://expressjs.com/en/advanced/best-practice-security.html",
    ),
    Technology(
        name="fastify", title="Fastify", stage=Stage.FRAMEWORK,
        marks=(trace(r"[\\/]node_modules[\\/]fastify[\\/]lib[\\/]"), text(r'^\{"message":"Route [A-Z]+:/[^"]* not found","error":"Not Found","statusCode":404\}$', media="json"),),
        source="https://fastify.dev/docs/latest/Reference/Server/#setnotfoundhandler",
    ),
    Technology(
        name="nextjs", title="Next.js", stage=Stage.FRAMEWORK,
        marks=(sent("x-powered-by", r"^Next\.js(?: (\d[\d.]*))?"), sent("x-nextjs-cache", r"^\w+$"), page(r'src="/_next/static/', "its pages", status=0)),
        source="https://nextjs.org/docs/app/api-reference/config/next-config-js/poweredByHeader",
    ),
    Technology(
        name="spring-boot", title="Spring Boot", stage=Stage.FRAMEWORK,
        marks=(trace(r"\bat org\.springframework\.(?:web|boot)\."), 
            page(r"<h1>Whitelabel Error Page</h1>"),
            text(r'^\{"timestamp":(?:"[^"]{10,40}"|\d{10,16}),"status":4\d\d,"error":"[^"]+"(?:,"message":"[^"]*")?,"path":"', media="json"),
        ),
        also=("tomcat",),
        source="https://docs.spring.io/spring-boot/reference/web/servlet.html#web.servlet.spring-mvc.error-handling",
    ),
    Technology(
        name="aspnet", title="ASP.NET", stage=Stage.FRAMEWORK,
        marks=(
            sent("x-powered-by", r"^ASP\.NET$"),
            sent("x-aspnet-version", r"^(\d[\d.]*)"),
            cookie(r"ASP\.NET_SessionId|\.AspNetCore\.\S+|\.AspNet\.\S+"),
            text(r'^\{"type":"https://tools\.ietf\.org/html/rfc(?:7231|9110)#section-[\d.]+","title":"[^"]+","status":4\d\d,(?:"errors":[\s\S]{0,500},)?"traceId":"00-', media="json"),
        ),
        source="https://learn.microsoft.com/en-us/aspnet/core/web-api/handle-errors",
    ),
    Technology(
        name="rails", title="Rails", stage=Stage.FRAMEWORK,
        marks=(trace(r"\bactionpack \(\d[\d.]*\)|[\\/]gems[\\/]actionpack-\d"), sent("x-runtime", r"^\d\.\d{6}$"), page(r"<title>Action Controller: Exception caught</title>", "its debug page"), page(r"<title>The page you were looking for doesn(?:'|’)t exist", alone=False)),
        source="https://guides.rubyonrails.org/rails_on_rack.html#internal-middleware-stack",
    ),
    Technology(
        name="laravel", title="Laravel", stage=Stage.FRAMEWORK,
        marks=(trace(r"[\\/]vendor[\\/]laravel[\\/]framework[\\/]"), cookie(r"laravel[-_]session"),),
        also=("php",),
        source="https://laravel.com/docs/12.x/session#configuration",
    ),
)  # fmt: skip

ROWS = (*NETWORKS, *EDGES, *SERVERS, *FRAMEWORKS)
