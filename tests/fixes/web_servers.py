"""Configurations of servers that serve files, too, as their vendors' documentation writes them."""

from __future__ import annotations

from places import USER, Place, Site, each, users

from needs import program

ENGINES = (
    "mpm_event", "authn_core", "authn_file", "auth_basic", "authz_core", "authz_host", "authz_user", "alias", "dir", "mime", "proxy",
    "proxy_http", "proxy_fcgi", "headers", "rewrite", "setenvif", "socache_shmcb", "ssl",
)  # fmt: skip
# The password `pen` as Caddy keeps one: bcrypt of low cost, base64.
_BCRYPT = "JDJ5JDA0JGVnMWJXc2VlMHlmMVBOcHJ6Z1NrYmU2cEVUdEZqb0RxZVZTUXBOUm41blRWMjZjeXdNNHp1"
# What an edge says of itself, and of what it protects, in front of the API.
_SENT = (
    'Strict-Transport-Security "max-age=31536000"',
    'X-XSS-Protection "1; mode=block"',
    'X-Powered-By "Express 4.21"',
)


_FASTCGI = {"QUERY_STRING": "query_string", "REQUEST_METHOD": "request_method", "CONTENT_TYPE": "content_type",
            "CONTENT_LENGTH": "content_length", "REQUEST_URI": "request_uri", "SERVER_PROTOCOL": "server_protocol",
            "SERVER_NAME": "server_name", "REMOTE_ADDR": "remote_addr", "HTTPS": "https"}  # fmt: skip


# nginx: "WebSocket proxying", "Configuring HTTPS servers", and the headers that Django's, FastAPI's and Express' pages ask for.
def nginx(at: Place) -> dict[str, str]:
    return {
        "nginx.conf": f"""worker_processes 1;
pid {at.room}/nginx.pid;
error_log {at.room}/error.log;

events {{
    worker_connections 512;
}}

http {{
    include mime.types;
    default_type application/octet-stream;
    access_log {at.room}/access.log;
    client_body_temp_path {at.room}/body;
    proxy_temp_path {at.room}/proxy;
    fastcgi_temp_path {at.room}/fastcgi;
    uwsgi_temp_path {at.room}/uwsgi;
    scgi_temp_path {at.room}/scgi;
    sendfile on;
    keepalive_timeout 65;

    map $http_upgrade $connection_upgrade {{
        default upgrade;
        '' close;
    }}

    map $http_origin $allowed_origin {{
        default "";
        "{at.origins[0]}" $http_origin;
        "{at.origins[1]}" $http_origin;
    }}
{each([*at.web, *at.apis, *at.files], lambda site: _server(at, site))}
}}
""",
        "mime.types": "types {\n    text/html html;\n    text/css css;\n    application/javascript js;\n    image/svg+xml svg;\n    image/png png;\n}\n",
        "fastcgi_params": "".join(f"fastcgi_param {name} ${of};\n" for name, of in _FASTCGI.items()),
    }


def _server(at: Place, site: Site) -> str:
    plain, tls = at.of(site.host)
    return f"""
    server {{
        listen 127.0.0.1:{plain};
        listen 127.0.0.1:{tls} ssl;
        server_name {site.host};
        ssl_certificate {at.cert};
        ssl_certificate_key {at.key};
        ssl_protocols TLSv1.2 TLSv1.3;
        client_max_body_size 20m;
{_of_nginx(at, site)}    }}"""


def _of_nginx(at: Place, site: Site) -> str:
    if not site.upstream and site.pool:
        return f"""        root {site.static};
        index index.php;
        location ~ \\.php$ {{
            include fastcgi_params;
            fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;
            fastcgi_pass 127.0.0.1:{site.pool};
        }}
"""
    if not site.upstream:
        return f"        root {site.static};\n        location / {{\n            try_files $uri =404;\n        }}\n"
    static = (
        f"        location /static/ {{\n            alias {site.static}/;\n        }}\n"
        if site.static
        else ""
    )
    own = {
        "api-shop": f"        add_header {_SENT[0]};\n        add_header {_SENT[1]} always;\n        add_header {_SENT[2]} always;\n",
        "open-shop": "        add_header Access-Control-Allow-Origin $allowed_origin always;\n",
        "staff-shop": f"        auth_basic staff;\n        auth_basic_user_file {users(at)};\n",
    }
    return f"""{own.get(site.name, "")}{static}        location / {{
            proxy_pass http://127.0.0.1:{site.upstream};
            proxy_http_version 1.1;
            proxy_set_header Host $http_host;
            proxy_set_header X-Real-IP $remote_addr;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto $scheme;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection $connection_upgrade;
            proxy_buffering off;
        }}
"""


def nginx_command(at: Place) -> list[str]:
    return [program("nginx"), "-p", str(at.folder), "-c", str(at.folder / "nginx.conf"), "-g", "daemon off;"]


# Apache: "Reverse Proxy Guide", "SSL/TLS Strong Encryption: How-To", and `upgrade=websocket` of mod_proxy_http.
def apache(at: Place, engines: tuple[str, ...] = ENGINES) -> dict[str, str]:
    loads = "\n".join(f"LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so" for name in engines)
    ports = [port for pair in at.ports.values() for port in pair]
    sites = [*at.web, *at.apis, *at.files]
    return {
        "apache2.conf": f"""ServerRoot {at.room}
PidFile {at.room}/httpd.pid
DefaultRuntimeDir {at.room}
ServerName edge.test
User www-data
Group www-data
{loads}
TypesConfig /etc/mime.types
ErrorLog {at.room}/error.log
LogFormat "%h %l %u %t \\"%r\\" %>s %b" common
CustomLog {at.room}/access.log common

<Directory />
    AllowOverride None
    Require all denied
</Directory>

{"".join(f"Listen 127.0.0.1:{port}{chr(10)}" for port in ports)}
{each(sites, lambda site: _host(at, site, engines, at.of(site.host)[0]))}
{each(sites, lambda site: _host(at, site, engines, at.of(site.host)[1], tls=True))}"""
    }


def _host(at: Place, site: Site, engines: tuple[str, ...], port: int, tls: bool = False) -> str:
    spoken = f"    SSLEngine on\n    SSLCertificateFile {at.cert}\n    SSLCertificateKeyFile {at.key}\n"
    scheme = '    RequestHeader set X-Forwarded-Proto "https"\n' if "headers" in engines and tls else ""
    return f"""<VirtualHost *:{port}>
    ServerName {site.host}
{spoken if tls else ""}{scheme}{_of_apache(at, site, engines, tls)}</VirtualHost>
"""


def _of_apache(at: Place, site: Site, engines: tuple[str, ...], tls: bool) -> str:
    access = f"    <Directory {site.static}>\n        Require all granted\n    </Directory>\n"
    if not site.upstream:
        php = f'    <FilesMatch "\\.php$">\n        SetHandler "proxy:fcgi://127.0.0.1:{site.pool}"\n    </FilesMatch>\n'
        tag = "    FileETag INode MTime Size\n" if not site.pool else f"    DirectoryIndex index.php\n{php}"
        return f"    DocumentRoot {site.static}\n{access}{tag}"
    static = f"    ProxyPass /static/ !\n    Alias /static/ {site.static}/\n{access}" if site.static else ""
    own = {"staff-shop": f"    <Location />\n        AuthType Basic\n        AuthName staff\n        AuthUserFile {users(at)}\n        Require valid-user\n    </Location>\n"}  # fmt: skip
    if "headers" in engines and "setenvif" in engines:
        origins = "|".join(at.origins)
        own["api-shop"] = f"    Header always set {_SENT[1]}\n    Header always set {_SENT[2]}\n"
        own["api-shop"] += f"    Header set {_SENT[0]}\n    SSLCompression On\n" if tls else ""
        own["open-shop"] = f'    SetEnvIf Origin "^({origins})$" SHOP=$0\n    Header always set Access-Control-Allow-Origin "%{{SHOP}}e" env=SHOP\n'  # fmt: skip
    return f"""{own.get(site.name, "")}{static}    ProxyPreserveHost On
    ProxyPass / http://127.0.0.1:{site.upstream}/ upgrade=websocket
    ProxyPassReverse / http://127.0.0.1:{site.upstream}/
"""


def apache_command(at: Place) -> list[str]:
    return [program("apache2", "httpd"), "-D", "FOREGROUND", "-f", str(at.folder / "apache2.conf")]


# Caddy: "reverse_proxy", "file_server", "tls", "basic_auth", "php_fastcgi".
def caddy(at: Place) -> dict[str, str]:
    def site(one: Site) -> str:
        plain, tls = at.of(one.host)
        if not one.upstream:
            lines = f"    bind 127.0.0.1\n    log\n{_of_caddy(at, one)}}}\n"
            return f"http://{one.host}:{plain} {{\n{lines}\nhttps://{one.host}:{tls} {{\n    tls {at.cert} {at.key}\n{lines}"
        return f"""({one.name}) {{
    bind 127.0.0.1
    log
{_of_caddy(at, one)}}}

http://{one.host}:{plain} {{
    import {one.name}
}}

https://{one.host}:{tls} {{
    tls {at.cert} {at.key}
    import {one.name}
}}
"""

    options = "{\n    admin off\n    auto_https off\n    debug\n}\n\n"
    return {"Caddyfile": options + each([*at.web, *at.apis, *at.files], site)}


def _of_caddy(at: Place, site: Site) -> str:
    if not site.upstream:
        return f"    root * {site.static}\n" + (
            f"    php_fastcgi 127.0.0.1:{site.pool}\n" if site.pool else "    file_server\n"
        )
    static = (
        f"    handle_path /static/* {{\n        root * {site.static}\n        file_server\n    }}\n"
        if site.static
        else ""
    )
    own = {
        "api-shop": f"    header {{\n        {_SENT[0]}\n        {_SENT[1]}\n        {_SENT[2]}\n        -Server\n    }}\n",
        "open-shop": f"    @shop header_regexp Origin ^({'|'.join(at.origins)})$\n    header @shop Access-Control-Allow-Origin {{header.Origin}}\n",
        "staff-shop": f"    basicauth {{\n        {USER} {_BCRYPT}\n    }}\n",
    }
    proxied = f"    handle {{\n        reverse_proxy 127.0.0.1:{site.upstream}\n    }}\n"
    return own.get(site.name, "") + static + proxied


def caddy_command(at: Place) -> list[str]:
    return [program("caddy"), "run", "--config", str(at.folder / "Caddyfile"), "--adapter", "caddyfile"]
