"""What a stack is found to have: sentences, places, advice and fixes as batten reports them of examples/orders and of running APIs."""

from __future__ import annotations

from dataclasses import dataclass, field

from batten.model import Severity
from batten.watch.model import Side


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One finding that environments may have. `only` names the services that have it; none is all."""

    control: str
    case: str
    severity: Severity
    message: str
    why: str
    advice: str
    side: Side = Side.DECLARED
    place: str = ""
    line: int = 0
    pointer: str = ""
    public: bool | None = None
    excerpt: str = ""
    reach: tuple[str, ...] = ()
    title: str = ""
    safety: str = ""
    breaks: str = ""
    diff: str = ""
    only: tuple[str, ...] = field(default=())
    waivable: bool = False

    def detail(self, service: str) -> dict[str, object]:
        """As `ledger` keeps it: evidence, advice and fix."""
        made: dict[str, object] = {"why": self.why, "advice": self.advice, "reach": list(self.reach)}
        if self.side is Side.OBSERVED:
            request, _, response = self.excerpt.partition("\n\n")
            made["exchange"] = {"request": request, "response": response}
        else:
            made["excerpt"] = self.excerpt
        if self.title:
            made["fix"] = {
                "title": self.title,
                "safety": self.safety,
                "breaks": self.breaks,
                "diff": self.diff,
            }
        return made


FINDINGS = (
    Kind(
        control="debug-off",
        case="debug-mode",
        severity=Severity.CRITICAL,
        line=25,
        message="FastAPI runs in debug mode",
        why="Debug pages show source, settings and secrets with every error; some debuggers run any code they are sent.",
        advice="Turn the debug mode off, and let only development turn it on.",
        place="app/main.py",
        pointer="app/debug",
        public=True,
        excerpt="    debug=True,",
        reach=("internet", "0.0.0.0:8443", "edge", "api"),
        title="turn debug mode off",
        safety="risky",
        breaks="developers who rely on debug pages, and files that a framework serves in debug mode only",
        diff=(
            "--- a/app/main.py\n"
            "+++ b/app/main.py\n"
            "@@ -22,7 +22,7 @@\n"
            " app = FastAPI(\n"
            '     title="Orders",\n'
            '     version="1.0.0",\n'
            "-    debug=True,\n"
            "+    debug=False,\n"
            "     docs_url=None,\n"
            "     redoc_url=None,\n"
            "     openapi_url=None,\n"
        ),
        only=("orders", "reviews", "inventory"),
    ),
    Kind(
        control="store-authenticated",
        case="no-authentication",
        severity=Severity.CRITICAL,
        line=65,
        message="valkey requires no authentication, and protected mode is off",
        why="A client that reaches a store without a password can read and change all of its data, and often run code on its machine.",
        advice="Require authentication, with a password that is kept outside the configuration.",
        place="compose.yaml",
        pointer="services[cache]",
        public=True,
        excerpt="  cache:",
        reach=("internet", "0.0.0.0:6390", "cache"),
        title="require a password of clients of cache",
        safety="risky",
        breaks="clients of cache that do not send the password; set CACHE_PASSWORD before the stack starts",
        diff=(
            "--- a/compose.yaml\n"
            "+++ b/compose.yaml\n"
            "@@ -37,7 +37,7 @@\n"
            "     image: orders-api:1.0.0\n"
            "     environment:\n"
            "       DATABASE_URL: sqlite:////data/orders.db\n"
            "-      CACHE_URL: redis://cache:6379/0\n"
            "+      CACHE_URL: redis://:${CACHE_PASSWORD:?set CACHE_PASSWORD}@cache:6379/0\n"
            "       CACHE_PASSWORD: ${CACHE_PASSWORD:?set a password for the cache}\n"
            "       ORDERS_TOKEN: ${ORDERS_TOKEN:?set the token that order operations ask for}\n"
            "     volumes:\n"
            "@@ -65,7 +65,7 @@\n"
            "   cache:\n"
            "     image: valkey/valkey:9.1.2-alpine\n"
            '     user: "999:1000"\n'
            '-    command: ["valkey-server", "/etc/valkey/valkey.conf"]\n'
            '+    command: ["valkey-server", "/etc/valkey/valkey.conf", "--requirepass", "${CACHE_PASSWORD:?set CACHE_PASSWORD}"]\n'
            "     ports:\n"
            '       - "0.0.0.0:${CACHE_PORT}:6379"\n'
            "     volumes:\n"
        ),
        only=("orders", "search", "notifications"),
    ),
    Kind(
        control="container-mounts-safe",
        case="engine-socket",
        severity=Severity.CRITICAL,
        line=14,
        message="the container engine's socket `/var/run/docker.sock` is mounted, which gives control of the host",
        why="The engine's socket gives control of the host, read-only or not; a writable system folder lets the container change what the host runs.",
        advice="Remove the mount; use a proxy that allows only the API calls that are needed.",
        place="compose.yaml",
        pointer="services[edge]/volumes[/var/run/docker.sock]",
        public=None,
        excerpt="      - /var/run/docker.sock:/var/run/docker.sock",
        reach=(),
        title="remove the host path from edge",
        safety="risky",
        breaks="programs in edge that use that path",
        diff=(
            "--- a/compose.yaml\n"
            "+++ b/compose.yaml\n"
            "@@ -11,7 +11,6 @@\n"
            "       - ./nginx/nginx.conf:/etc/nginx/nginx.conf:ro\n"
            "       - ./web:/usr/share/nginx/html:ro\n"
            "       - ./.run/certs:/etc/nginx/certs:ro\n"
            "-      - /var/run/docker.sock:/var/run/docker.sock\n"
            "     tmpfs:\n"
            "       - /tmp\n"
            "       - /var/cache/nginx\n"
        ),
        only=("orders", "reports"),
    ),
    Kind(
        control="bucket-private",
        case="public-acl",
        severity=Severity.CRITICAL,
        line=29,
        message="bucket `images` has the public ACL `public-read`",
        why="Everyone who guesses the name of a public bucket can read, and often list, its objects. Scanners guess names all the time.",
        advice="Set the ACL to private, or disable ACLs, and serve public files through a CDN.",
        place="terraform/bucket.tf",
        pointer="aws_s3_bucket.images/acl",
        public=None,
        excerpt='  acl        = "public-read"',
        reach=(),
        title="make the ACL private",
        safety="risky",
        breaks="anonymous clients that read objects",
        diff=(
            "--- a/terraform/bucket.tf\n"
            "+++ b/terraform/bucket.tf\n"
            "@@ -26,7 +26,7 @@\n"
            " \n"
            ' resource "aws_s3_bucket_acl" "images" {\n'
            "   bucket     = aws_s3_bucket.images.id\n"
            '-  acl        = "public-read"\n'
            '+  acl        = "private"\n'
            "   depends_on = [aws_s3_bucket_ownership_controls.images]\n"
            " }\n"
            " \n"
        ),
        only=("orders", "catalog"),
    ),
    Kind(
        control="cors-credentials-narrow",
        case="any-origin",
        severity=Severity.HIGH,
        line=34,
        message="any origin may read responses with the user's credentials",
        why="With credentials, a site that the user visits sends requests as the user and reads the responses.",
        advice="Allow credentials for origins that are listed by name, or not at all.",
        place="app/main.py",
        pointer="CORSMiddleware/allow_origins",
        public=True,
        excerpt='    allow_origins=["*"],',
        reach=("internet", "0.0.0.0:8443", "edge", "api"),
        title="allow cross-origin requests from these origins only",
        safety="risky",
        breaks="pages of origins that batten.yaml does not list",
        diff=(
            "--- a/app/main.py\n"
            "+++ b/app/main.py\n"
            "@@ -31,7 +31,7 @@\n"
            " \n"
            " app.add_middleware(\n"
            "     CORSMiddleware,\n"
            '-    allow_origins=["*"],\n'
            '+    allow_origins=["https://shop.example.com"],\n'
            "     allow_credentials=True,\n"
            '     allow_methods=["GET", "POST", "DELETE"],\n'
            '     allow_headers=["Authorization", "Content-Type"],\n'
        ),
    ),
    Kind(
        control="container-unprivileged",
        case="privileged",
        severity=Severity.HIGH,
        line=51,
        message="`api` runs privileged, with full access to its host",
        why="A privileged container is root on its host; each capability that is added or kept is a step towards it.",
        advice="Run it unprivileged, and add the single capability that it needs.",
        place="compose.yaml",
        pointer="services[api]/privileged",
        public=True,
        excerpt="    privileged: true",
        reach=("internet", "0.0.0.0:8443", "edge", "api"),
        title="run api unprivileged",
        safety="risky",
        breaks="api, if it uses the host's devices or kernel",
        diff=(
            "--- a/compose.yaml\n"
            "+++ b/compose.yaml\n"
            "@@ -48,7 +48,7 @@\n"
            "     depends_on:\n"
            "       cache:\n"
            "         condition: service_healthy\n"
            "-    privileged: true\n"
            "+    privileged: false\n"
            "     read_only: true\n"
            "     cap_drop: [ALL]\n"
            '     security_opt: ["no-new-privileges:true"]\n'
        ),
        only=("orders", "shipping"),
    ),
    Kind(
        control="tls-version",
        case="old-version",
        severity=Severity.HIGH,
        line=43,
        message="obsolete protocol versions are enabled: TLSv1",
        why="TLS 1.0 and 1.1 rest on broken hashes, and RFC 8996 forbids them; SSL is broken outright.",
        advice="Allow TLS 1.2 and TLS 1.3 only.",
        place="nginx/nginx.conf",
        pointer="ssl_protocols",
        public=True,
        excerpt="    ssl_protocols TLSv1 TLSv1.2 TLSv1.3;",
        reach=("internet", "0.0.0.0:8443", "edge"),
        title="accept TLSv1.2 and newer only",
        safety="risky",
        breaks="clients that support only TLS 1.1 or older",
        diff=(
            "--- a/nginx/nginx.conf\n"
            "+++ b/nginx/nginx.conf\n"
            "@@ -40,7 +40,7 @@\n"
            " \n"
            "     ssl_certificate     /etc/nginx/certs/edge.pem;\n"
            "     ssl_certificate_key /etc/nginx/certs/edge.key;\n"
            "-    ssl_protocols TLSv1 TLSv1.2 TLSv1.3;\n"
            "+    ssl_protocols TLSv1.2 TLSv1.3;\n"
            "     ssl_ciphers ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0;\n"
            "     ssl_prefer_server_ciphers off;\n"
            "     ssl_session_cache shared:tls:10m;\n"
        ),
    ),
    Kind(
        control="file-not-served",
        case="hidden-files",
        severity=Severity.HIGH,
        line=88,
        message="hidden files are served: `.bash_history`",
        why="Shell histories, `.git` folders and dumps below a web root give passwords, source and data to anyone.",
        advice="Refuse paths that begin with a dot, and move such files out of the web root.",
        place="nginx/nginx.conf",
        pointer="server[localhost]",
        public=True,
        excerpt="    server {",
        reach=("internet", "0.0.0.0:8443", "edge"),
        title="answer 404 for files that must not be served",
        safety="risky",
        breaks="requests for hidden paths that an application behind the same site answers",
        diff=(
            "--- a/nginx/nginx.conf\n"
            "+++ b/nginx/nginx.conf\n"
            "@@ -99,6 +99,10 @@\n"
            " \n"
            "         error_page 400 403 404 405 408 413 414 429 500 502 503 504 @problem;\n"
            " \n"
            "+        location ~ /\\.(?!well-known/) {\n"
            "+            return 404;\n"
            "+        }\n"
            "+\n"
            "         location /v1/ {\n"
            "             proxy_pass http://api;\n"
            "         }\n"
        ),
    ),
    Kind(
        control="tls-required",
        case="plain-http",
        severity=Severity.HIGH,
        line=123,
        message="content is served over plain HTTP",
        why="Anyone on the network path can read and change what plain HTTP carries: credentials, responses, links.",
        advice="Redirect plain HTTP to HTTPS, or give the listener a certificate.",
        place="nginx/nginx.conf",
        pointer="server[localhost:8080]/listen[8080]",
        public=True,
        excerpt="        listen 8080;",
        reach=("internet", "0.0.0.0:8080", "edge"),
        title="redirect plain HTTP to HTTPS",
        safety="risky",
        breaks="plain HTTP clients that do not follow redirects",
        diff=(
            "--- a/nginx/nginx.conf\n"
            "+++ b/nginx/nginx.conf\n"
            "@@ -122,6 +122,7 @@\n"
            "     server {\n"
            "         listen 8080;\n"
            "         server_name localhost shop.example.com;\n"
            "+        return 308 https://$host:8443$request_uri;\n"
            "         root /usr/share/nginx/html;\n"
            " \n"
            "         add_header Content-Security-Policy \"default-src 'none'; frame-ancestors 'none'\" always;\n"
        ),
    ),
    Kind(
        control="component-supported",
        case="end-of-life",
        severity=Severity.HIGH,
        line=5,
        message="nginx 1.18 has received no security fixes since 2021-04-20",
        why="A flaw that is found after a release's end of life becomes public and is never fixed.",
        advice="Move to a release that still receives security fixes.",
        place="compose.yaml",
        pointer="services[edge]/image",
        public=None,
        excerpt="    image: nginx:1.18.0-alpine",
        reach=(),
        title="run nginx:1.30-alpine",
        safety="risky",
        breaks="edge, if it relies on behaviour that changed up to 1.30",
        diff=(
            "--- a/compose.yaml\n"
            "+++ b/compose.yaml\n"
            "@@ -2,7 +2,7 @@\n"
            " \n"
            " services:\n"
            "   edge:\n"
            "-    image: nginx:1.18.0-alpine\n"
            "+    image: nginx:1.30-alpine\n"
            '     user: "101:101"\n'
            "     ports:\n"
            '       - "${EDGE_TLS_PORT}:8443"\n'
        ),
    ),
    Kind(
        control="bucket-private",
        case="public-access-unblocked",
        severity=Severity.HIGH,
        line=35,
        message="the public access block of bucket `images` is off for BlockPublicAcls, IgnorePublicAcls",
        why="Everyone who guesses the name of a public bucket can read, and often list, its objects. Scanners guess names all the time.",
        advice="Turn on all four settings of the bucket's public access block.",
        place="terraform/bucket.tf",
        pointer="aws_s3_bucket.images/block_public_acls",
        public=None,
        excerpt="  block_public_acls       = false",
        reach=(),
        title="block public access",
        safety="risky",
        breaks="anonymous clients that read objects",
        diff=(
            "--- a/terraform/bucket.tf\n"
            "+++ b/terraform/bucket.tf\n"
            "@@ -32,8 +32,8 @@\n"
            " \n"
            ' resource "aws_s3_bucket_public_access_block" "images" {\n'
            "   bucket                  = aws_s3_bucket.images.id\n"
            "-  block_public_acls       = false\n"
            "-  ignore_public_acls      = false\n"
            "+  block_public_acls       = true\n"
            "+  ignore_public_acls      = true\n"
            "   block_public_policy     = true\n"
            "   restrict_public_buckets = true\n"
            " }\n"
        ),
        only=("orders", "catalog"),
    ),
    Kind(
        control="history-free-of-secrets",
        case="typed",
        severity=Severity.HIGH,
        line=4,
        message="the shell history contains a plain-text token (`ORDERS_TOKEN`)",
        why="Histories and `.env` files are copied, committed and served by mistake more than any other file.",
        advice="Revoke and rotate the credential, and delete the history from the repository.",
        place="web/.bash_history",
        pointer="line[ORDERS_TOKEN]",
        public=None,
        excerpt="•••",
        reach=(),
        title="remove the line from the history",
        safety="risky",
        breaks="only the file: the credential stays valid, so rotate it",
        diff=(
            "--- a/web/.bash_history\n"
            "+++ b/web/.bash_history\n"
            "@@ -1,7 +1,6 @@\n"
            " cd /srv/orders\n"
            " docker compose ps\n"
            " docker compose logs --tail 50 edge\n"
            "-•••\n"
            ' curl -s -H "Authorization: ••• $ORDERS_TOKEN" https://localhost:8443/v1/orders\n'
            " curl -s https://localhost:8443/v1/admin/export > /tmp/orders.json\n"
            " exit\n"
        ),
        only=("orders",),
    ),
    Kind(
        control="container-not-root",
        case="root",
        severity=Severity.MEDIUM,
        line=16,
        message="`Dockerfile` runs as root",
        why="Root in a container is root to the kernel: one kernel flaw or one careless mount makes it root on the host.",
        advice="Run it as an unprivileged user with a numeric ID.",
        place="Dockerfile",
        pointer="stage[final]/USER",
        public=True,
        excerpt="USER root",
        reach=("internet", "0.0.0.0:8443", "edge", "api"),
        title="run as user 10001:10001",
        safety="risky",
        breaks="programs in the image that write to root's files, or listen on a port below 1024 on old engines",
        diff=(
            "--- a/Dockerfile\n"
            "+++ b/Dockerfile\n"
            "@@ -13,7 +13,7 @@\n"
            " COPY --from=build /venv /venv\n"
            " COPY openapi.yaml ./\n"
            " COPY app ./app\n"
            "-USER root\n"
            "+USER 10001:10001\n"
            " EXPOSE 8000\n"
            " HEALTHCHECK --interval=10s --timeout=3s --retries=3 \\\n"
            '     CMD ["python", "-c", "import urllib.request as r; r.urlopen(\'http://127.0.0.1:8000/v1/health\', timeout=2)"]\n'
        ),
        waivable=True,
    ),
    Kind(
        control="hsts-sent",
        case="absent",
        severity=Severity.MEDIUM,
        line=88,
        message="`Strict-Transport-Security` is not sent",
        why="Without HSTS, the first request of a visit may go over plain HTTP, where an attacker can intercept it.",
        advice="Send Strict-Transport-Security with every HTTPS response, errors included.",
        place="nginx/nginx.conf",
        pointer="server[localhost]",
        public=True,
        excerpt="    server {",
        reach=("internet", "0.0.0.0:8443", "edge"),
        title="send Strict-Transport-Security",
        safety="risky",
        breaks="ports and sub-domains of the host that are still served over plain HTTP or with an untrusted certificate",
        diff=(
            "--- a/nginx/nginx.conf\n"
            "+++ b/nginx/nginx.conf\n"
            "@@ -96,6 +96,7 @@\n"
            '         add_header Permissions-Policy "camera=(), geolocation=(), microphone=()" always;\n'
            "         add_header Cross-Origin-Resource-Policy same-site always;\n"
            "         add_header Cache-Control no-store always;\n"
            '+        add_header Strict-Transport-Security "max-age=31536000; includeSubDomains" always;\n'
            " \n"
            "         error_page 400 403 404 405 408 413 414 429 500 502 503 504 @problem;\n"
            " \n"
            "@@ -105,6 +106,7 @@\n"
            " \n"
            "         location /images/ {\n"
            '             add_header Cache-Control "public, max-age=86400";\n'
            '+            add_header Strict-Transport-Security "max-age=31536000; includeSubDomains" always;\n'
            "             try_files $uri =404;\n"
            "         }\n"
            " \n"
        ),
    ),
    Kind(
        control="headers-inherited",
        case="headers-dropped",
        severity=Severity.MEDIUM,
        line=106,
        message="this block drops headers of the outer block: content-security-policy, cross-origin-resource-policy, permissions-policy, referrer-policy, x-frame-options",
        why="One header added in a nested block silently removes all headers of the outer block.",
        advice="Repeat the outer block's security headers in this block, or merge them.",
        place="nginx/nginx.conf",
        pointer="server[localhost]/location[/images/]",
        public=True,
        excerpt="        location /images/ {",
        reach=("internet", "0.0.0.0:8443", "edge"),
        title="repeat the inherited headers in this block",
        safety="risky",
        breaks="pages and clients that work only without these headers",
        diff=(
            "--- a/nginx/nginx.conf\n"
            "+++ b/nginx/nginx.conf\n"
            "@@ -105,6 +105,11 @@\n"
            " \n"
            "         location /images/ {\n"
            '             add_header Cache-Control "public, max-age=86400";\n'
            "+            add_header Content-Security-Policy \"default-src 'none'; frame-ancestors 'none'\" always;\n"
            "+            add_header X-Frame-Options DENY always;\n"
            "+            add_header Referrer-Policy no-referrer always;\n"
            '+            add_header Permissions-Policy "camera=(), geolocation=(), microphone=()" always;\n'
            "+            add_header Cross-Origin-Resource-Policy same-site always;\n"
            "             try_files $uri =404;\n"
            "         }\n"
            " \n"
        ),
    ),
    Kind(
        control="endpoints-documented",
        case="registered",
        severity=Severity.MEDIUM,
        line=15,
        message="`GET /v1/admin/export` is registered, but no contract lists it",
        why="Routes that no contract lists, where a contract is about this application.",
        advice="Add the route to the contract, or stop registering it.",
        place="app/admin.py",
        pointer="route[GET /v1/admin/export]",
        public=None,
        excerpt='@router.get("/export")',
        reach=(),
        title="do not register the route",
        safety="risky",
        breaks="callers of GET /v1/admin/export",
        diff=(
            "--- a/app/admin.py\n"
            "+++ b/app/admin.py\n"
            "@@ -12,7 +12,6 @@\n"
            ' router = APIRouter(prefix="/v1/admin")\n'
            " \n"
            " \n"
            '-@router.get("/export")\n'
            " def export(database: Database) -> OrderList:\n"
            "     rows = database.scalars(select(OrderRow).order_by(OrderRow.id).limit(100))\n"
            "     return OrderList(items=[order_of(row) for row in rows])\n"
        ),
    ),
    Kind(
        control="verbs-as-specified",
        case="registered",
        severity=Severity.MEDIUM,
        line=28,
        message="`PUT /v1/products/{product_id}` is registered, but the contract does not define it",
        why="Routes of the application against the contract's operations on the same path.",
        advice="Register only methods that the contract defines, or add the operation to it.",
        place="app/products.py",
        pointer="route[GET PUT /v1/products/{product_id}]",
        public=None,
        excerpt='@router.api_route("/{product_id}", methods=["GET", "PUT"])',
        reach=(),
        title="allow only these verbs",
        safety="risky",
        breaks="callers that use other verbs on this path",
        diff=(
            "--- a/app/products.py\n"
            "+++ b/app/products.py\n"
            "@@ -25,7 +25,7 @@\n"
            '     return Response(body, media_type="application/json")\n'
            " \n"
            " \n"
            '-@router.api_route("/{product_id}", methods=["GET", "PUT"])\n'
            '+@router.api_route("/{product_id}", methods=["GET"])\n'
            " def get_product(product_id: int, database: Database) -> Product:\n"
            "     row = database.get(ProductRow, product_id)\n"
            "     if row is None:\n"
        ),
    ),
    Kind(
        control="assets-encrypted",
        case="plain-server",
        severity=Severity.MEDIUM,
        line=140,
        message="the contract places assets at `localhost` over plain HTTP",
        why="Anyone on the network path sees which files a user opens over plain HTTP, and can replace them.",
        advice="Publish the https address of static files in the contract.",
        place="openapi.yaml",
        pointer="paths[/images/{name}]/servers[http://localhost:8080]/url",
        public=None,
        excerpt="      - url: http://localhost:8080",
        reach=(),
        title="change the server's URL to https",
        safety="risky",
        breaks="callers, until the server supports TLS",
        diff=(
            "--- a/openapi.yaml\n"
            "+++ b/openapi.yaml\n"
            "@@ -137,7 +137,7 @@\n"
            " \n"
            "   /images/{name}:\n"
            "     servers:\n"
            "-      - url: http://localhost:8080\n"
            "+      - url: https://localhost:8443\n"
            "     parameters:\n"
            "       - name: name\n"
            "         in: path\n"
        ),
    ),
    Kind(
        control="banner-hidden",
        case="version",
        severity=Severity.LOW,
        line=18,
        message="Server discloses the version of nginx: `nginx/1.18.0`",
        why="A version shows an attacker which published vulnerabilities to try first.",
        advice="Remove product versions from response headers and error pages.",
        place="nginx/nginx.conf",
        pointer="server_tokens",
        public=True,
        excerpt="    server_tokens on;",
        reach=("internet", "0.0.0.0:8443", "edge"),
        title="hide nginx's version",
        safety="safe",
        breaks="",
        diff=(
            "--- a/nginx/nginx.conf\n"
            "+++ b/nginx/nginx.conf\n"
            "@@ -15,7 +15,7 @@\n"
            "         text/plain    txt;\n"
            "     }\n"
            "     charset utf-8;\n"
            "-    server_tokens on;\n"
            "+    server_tokens off;\n"
            " \n"
            "     log_format requests '$remote_addr [$time_iso8601] $request_method $uri $status $body_bytes_sent $request_time';\n"
            "     access_log /dev/stdout requests;\n"
        ),
        waivable=True,
    ),
    Kind(
        control="tls-ciphers",
        case="weak-suite",
        severity=Severity.LOW,
        line=44,
        message="weak cipher suites are enabled: ECDHE-ECDSA-AES128-SHA",
        why="Without forward secrecy, one stolen key decrypts all recorded traffic; RC4, 3DES and CBC suites leak plain text on their own.",
        advice="Allow only ECDHE or DHE suites with AES-GCM, AES-CCM or ChaCha20-Poly1305.",
        place="nginx/nginx.conf",
        pointer="ssl_ciphers",
        public=True,
        excerpt="    ssl_ciphers ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0;",
        reach=("internet", "0.0.0.0:8443", "edge"),
        title="accept strong cipher suites only",
        safety="risky",
        breaks="clients without forward-secret AEAD suites (Internet Explorer, Java 7, OpenSSL 1.0.0 and older)",
        diff=(
            "--- a/nginx/nginx.conf\n"
            "+++ b/nginx/nginx.conf\n"
            "@@ -41,7 +41,7 @@\n"
            "     ssl_certificate     /etc/nginx/certs/edge.pem;\n"
            "     ssl_certificate_key /etc/nginx/certs/edge.key;\n"
            "     ssl_protocols TLSv1 TLSv1.2 TLSv1.3;\n"
            "-    ssl_ciphers ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0;\n"
            "+    ssl_ciphers ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305;\n"
            "     ssl_prefer_server_ciphers off;\n"
            "     ssl_session_cache shared:tls:10m;\n"
            "     ssl_session_timeout 1d;\n"
        ),
        waivable=True,
    ),
    Kind(
        control="nosniff-sent",
        case="absent",
        severity=Severity.LOW,
        line=88,
        message="`X-Content-Type-Options` is not sent",
        why="A browser that guesses media types may run an uploaded image or a JSON response as a script.",
        advice="Send X-Content-Type-Options: nosniff with every response.",
        place="nginx/nginx.conf",
        pointer="server[localhost]",
        public=True,
        excerpt="    server {",
        reach=("internet", "0.0.0.0:8443", "edge"),
        title="send X-Content-Type-Options",
        safety="risky",
        breaks="pages whose scripts or styles are sent with another media type",
        diff=(
            "--- a/nginx/nginx.conf\n"
            "+++ b/nginx/nginx.conf\n"
            "@@ -96,6 +96,7 @@\n"
            '         add_header Permissions-Policy "camera=(), geolocation=(), microphone=()" always;\n'
            "         add_header Cross-Origin-Resource-Policy same-site always;\n"
            "         add_header Cache-Control no-store always;\n"
            "+        add_header X-Content-Type-Options nosniff always;\n"
            " \n"
            "         error_page 400 403 404 405 408 413 414 429 500 502 503 504 @problem;\n"
            " \n"
            "@@ -105,6 +106,7 @@\n"
            " \n"
            "         location /images/ {\n"
            '             add_header Cache-Control "public, max-age=86400";\n'
            "+            add_header X-Content-Type-Options nosniff always;\n"
            "             try_files $uri =404;\n"
            "         }\n"
            " \n"
        ),
    ),
    Kind(
        control="store-hardened",
        case="protected-mode-off",
        severity=Severity.LOW,
        line=3,
        message="protected mode of valkey is off",
        why="They turn a leaked password into commands on the store's machine, or remove its last protection.",
        advice="Turn protected mode on.",
        place="valkey/valkey.conf",
        pointer="protected-mode",
        public=True,
        excerpt="protected-mode no",
        reach=("internet", "0.0.0.0:6390", "cache"),
        title="turn on protected mode",
        safety="risky",
        breaks="clients on other machines, until a password is set",
        diff=(
            "--- a/valkey/valkey.conf\n"
            "+++ b/valkey/valkey.conf\n"
            "@@ -1,6 +1,6 @@\n"
            " # The cache holds nothing that cannot be read again from the database.\n"
            " port 6379\n"
            "-protected-mode no\n"
            "+protected-mode yes\n"
            " tcp-keepalive 60\n"
            " timeout 300\n"
            " maxclients 200\n"
        ),
    ),
    Kind(
        control="network-segmented",
        case="not-internal",
        severity=Severity.LOW,
        line=93,
        message="the network `upkeep` of the store `cache` is not internal",
        why="On a network that leads outside, one mistake, such as a published port, opens the store to everyone.",
        advice="Mark the network as internal.",
        place="compose.yaml",
        pointer="networks[upkeep]",
        public=None,
        excerpt="  upkeep: {}",
        reach=(),
        title="make the network internal",
        safety="risky",
        breaks="services on this network that publish ports or connect to the internet",
        diff=(
            "--- a/compose.yaml\n"
            "+++ b/compose.yaml\n"
            "@@ -90,7 +90,8 @@\n"
            "   front: {}\n"
            "   back:\n"
            "     internal: true\n"
            "-  upkeep: {}\n"
            "+  upkeep:\n"
            "+    internal: true\n"
            " \n"
            " volumes:\n"
            "   data: {}\n"
        ),
        waivable=True,
    ),
    Kind(
        control="response-size-uniform",
        case="not-padded",
        severity=Severity.LOW,
        line=122,
        message="`GET /v1/gift-options` does not pad its responses, whose size reveals `wanted`",
        why="TLS hides what a response says, not how long it is: an observer reads the choice from the length.",
        advice="Pad the responses of the operation, and declare the step in the contract.",
        place="openapi.yaml",
        pointer="paths[/v1/gift-options]/get/x-batten-choice",
        public=None,
        excerpt="      x-batten-choice: wanted",
        reach=(),
        title="pad its answers to multiples of 1024 bytes",
        safety="risky",
        breaks="clients generated from the contract",
        diff=(
            "--- a/openapi.yaml\n"
            "+++ b/openapi.yaml\n"
            "@@ -120,6 +120,7 @@\n"
            "       summary: How an order can be wrapped, when it is a present\n"
            "       security: []\n"
            "       x-batten-choice: wanted\n"
            "+      x-batten-padding: 1024\n"
            "       parameters:\n"
            "         - name: wanted\n"
            "           in: query\n"
        ),
        waivable=True,
    ),
    Kind(
        control="error-schemas-defined",
        case="error-body-undeclared",
        severity=Severity.INFO,
        line=31,
        message="`GET /v1/products` declares no body for refusals (4xx) and failures (5xx)",
        why="A stack trace in an undeclared error response passes every test and every gateway.",
        advice="Declare a problem body (RFC 9457) for refusals (4XX) and failures (5XX).",
        place="openapi.yaml",
        pointer="paths[/v1/products]/get/responses",
        public=None,
        excerpt="      responses:",
        reach=(),
        title="declare problem documents (RFC 9457) for its errors",
        safety="risky",
        breaks="clients generated from the contract, where the API does not send such errors",
        diff=(
            "--- a/openapi.yaml\n"
            "+++ b/openapi.yaml\n"
            "@@ -34,6 +34,8 @@\n"
            "           content:\n"
            "             application/json:\n"
            '               schema: {$ref: "#/components/schemas/ProductList"}\n'
            '+        "4XX": {$ref: "#/components/responses/Problem"}\n'
            '+        "5XX": {$ref: "#/components/responses/Problem"}\n'
            " \n"
            "   /v1/products/{product_id}:\n"
            "     parameters:\n"
        ),
    ),
    Kind(
        control="tls-version",
        case="old-version",
        severity=Severity.HIGH,
        side=Side.OBSERVED,
        public=True,
        message="obsolete protocol versions are accepted: TLSv1.1",
        why="Obsolete versions of TLS have known weaknesses that let attackers read or change traffic.",
        advice="Allow TLS 1.2 and TLS 1.3 only.",
        excerpt="GET /v1/orders HTTP/1.1\nHost: api.example.com\n\nHTTP/1.1 200 OK\nServer: nginx/1.18.0\nContent-Type: application/json",
        reach=("internet", "edge", "api"),
    ),
    Kind(
        control="hsts-sent",
        case="absent",
        severity=Severity.MEDIUM,
        side=Side.OBSERVED,
        public=True,
        message="`Strict-Transport-Security` is not sent",
        why="Without HSTS, the first request of a visit can be redirected to an unencrypted copy.",
        advice="Send Strict-Transport-Security with every HTTPS response, errors included.",
        excerpt="GET /v1/orders HTTP/1.1\nHost: api.example.com\n\nHTTP/1.1 200 OK\nServer: nginx/1.18.0\nContent-Type: application/json",
        reach=("internet", "edge", "api"),
    ),
    Kind(
        control="csp-sent",
        case="absent",
        severity=Severity.MEDIUM,
        side=Side.OBSERVED,
        public=True,
        message="`Content-Security-Policy` is not sent",
        why="Without a policy, injected markup runs scripts with the rights of the page.",
        advice="Send a Content-Security-Policy that names what pages load.",
        excerpt="GET /v1/orders HTTP/1.1\nHost: api.example.com\n\nHTTP/1.1 200 OK\nServer: nginx/1.18.0\nContent-Type: application/json",
        reach=("internet", "edge", "api"),
    ),
    Kind(
        control="nosniff-sent",
        case="absent",
        severity=Severity.LOW,
        side=Side.OBSERVED,
        public=True,
        message="`X-Content-Type-Options` is not sent",
        why="Browsers may guess another type for a response, and run it.",
        advice="Send X-Content-Type-Options: nosniff with every response.",
        excerpt="GET /v1/orders HTTP/1.1\nHost: api.example.com\n\nHTTP/1.1 200 OK\nServer: nginx/1.18.0\nContent-Type: application/json",
        reach=("internet", "edge", "api"),
    ),
    Kind(
        control="cookie-flags",
        case="not-secure",
        severity=Severity.HIGH,
        side=Side.OBSERVED,
        public=True,
        message="the cookie `session` lacks Secure and HttpOnly",
        why="Cookies without these flags can be read by scripts or sent unencrypted.",
        advice="Set Secure, HttpOnly and SameSite on every session cookie.",
        excerpt="GET /v1/orders HTTP/1.1\nHost: api.example.com\n\nHTTP/1.1 200 OK\nServer: nginx/1.18.0\nContent-Type: application/json",
        reach=("internet", "edge", "api"),
    ),
    Kind(
        control="cors-origin-not-reflected",
        case="reflected",
        severity=Severity.HIGH,
        side=Side.OBSERVED,
        public=True,
        message="any origin is reflected in `Access-Control-Allow-Origin`",
        why="Every website that a user visits can read the responses of the API.",
        advice="Answer only origins that are listed by name.",
        excerpt="GET /v1/orders HTTP/1.1\nHost: api.example.com\n\nHTTP/1.1 200 OK\nServer: nginx/1.18.0\nContent-Type: application/json",
        reach=("internet", "edge", "api"),
        only=("gateway", "reviews"),
    ),
    Kind(
        control="banner-hidden",
        case="version",
        severity=Severity.LOW,
        side=Side.OBSERVED,
        public=True,
        message="`Server` discloses the version `nginx/1.18.0`",
        why="Versions direct attackers to published weaknesses.",
        advice="Remove product versions from response headers and error pages.",
        excerpt="GET /v1/orders HTTP/1.1\nHost: api.example.com\n\nHTTP/1.1 200 OK\nServer: nginx/1.18.0\nContent-Type: application/json",
        reach=("internet", "edge", "api"),
    ),
    Kind(
        control="error-free-of-traces",
        case="trace",
        severity=Severity.MEDIUM,
        side=Side.OBSERVED,
        public=True,
        message="`GET /v1/orders/{id}` returns a stack trace for an invalid parameter",
        why="Stack traces show source paths, libraries and sometimes secrets.",
        advice="Return a problem body without internals for every failure.",
        excerpt="GET /v1/orders HTTP/1.1\nHost: api.example.com\n\nHTTP/1.1 200 OK\nServer: nginx/1.18.0\nContent-Type: application/json",
        reach=("internet", "edge", "api"),
        only=("orders", "shipping", "reports"),
    ),
    Kind(
        control="operations-authenticated",
        case="unauthenticated",
        severity=Severity.CRITICAL,
        side=Side.OBSERVED,
        public=True,
        message="`DELETE /v1/orders/{id}` is answered without credentials",
        why="Anonymous clients can change or remove data.",
        advice="Require authentication for the operation.",
        excerpt="GET /v1/orders HTTP/1.1\nHost: api.example.com\n\nHTTP/1.1 200 OK\nServer: nginx/1.18.0\nContent-Type: application/json",
        reach=("internet", "edge", "api"),
        only=("orders", "accounts"),
    ),
    Kind(
        control="trace-disabled",
        case="enabled",
        severity=Severity.LOW,
        side=Side.OBSERVED,
        public=True,
        message="TRACE is answered with the request",
        why="TRACE reflects headers, credentials included.",
        advice="Turn TRACE off at the edge.",
        excerpt="GET /v1/orders HTTP/1.1\nHost: api.example.com\n\nHTTP/1.1 200 OK\nServer: nginx/1.18.0\nContent-Type: application/json",
        reach=("internet", "edge", "api"),
    ),
    Kind(
        control="http-limits-set",
        case="unlimited",
        severity=Severity.MEDIUM,
        side=Side.OBSERVED,
        public=True,
        message="no limit on the rate of requests was met in 200 requests",
        why="Without limits, passwords can be guessed and capacity exhausted.",
        advice="Limit the rate of requests per client at the edge.",
        excerpt="GET /v1/orders HTTP/1.1\nHost: api.example.com\n\nHTTP/1.1 200 OK\nServer: nginx/1.18.0\nContent-Type: application/json",
        reach=("internet", "edge", "api"),
    ),
    Kind(
        control="tls-certificate",
        case="expires",
        severity=Severity.HIGH,
        side=Side.OBSERVED,
        public=True,
        message="the certificate expires in 6 days",
        why="Clients refuse an expired certificate, and users learn to ignore warnings.",
        advice="Renew the certificate, and automate it.",
        excerpt="GET /v1/orders HTTP/1.1\nHost: api.example.com\n\nHTTP/1.1 200 OK\nServer: nginx/1.18.0\nContent-Type: application/json",
        reach=("internet", "edge", "api"),
        only=("pricing", "search"),
    ),
    Kind(
        control="endpoints-documented",
        case="undocumented",
        severity=Severity.MEDIUM,
        side=Side.OBSERVED,
        public=True,
        message="`GET /v1/internal/metrics` is answered, but no contract lists it",
        why="Endpoints outside the contract are outside its review, too.",
        advice="Add the endpoint to the contract, or stop serving it.",
        excerpt="GET /v1/orders HTTP/1.1\nHost: api.example.com\n\nHTTP/1.1 200 OK\nServer: nginx/1.18.0\nContent-Type: application/json",
        reach=("internet", "edge", "api"),
    ),
    Kind(
        control="cache-control-sensitive",
        case="stored",
        severity=Severity.MEDIUM,
        side=Side.OBSERVED,
        public=True,
        message="`GET /v1/accounts/me` may be stored by shared caches",
        why="Shared caches may return personal data to other users.",
        advice="Send Cache-Control: no-store with personal data.",
        excerpt="GET /v1/orders HTTP/1.1\nHost: api.example.com\n\nHTTP/1.1 200 OK\nServer: nginx/1.18.0\nContent-Type: application/json",
        reach=("internet", "edge", "api"),
    ),
)
