from batten.technologies import Technology

technology = Technology(
    "apache",
    "Apache httpd",
    files=(
        "*.conf",
        "*.conf.template",
        "*.vhost",
        "*.apache",
        "sites-enabled/*",
        "sites-available/*",
        ".htaccess",
        "htaccess",
    ),
    # A section, or a directive of httpd's own without the semicolon that nginx would end it with.
    sniff=r"^[ \t]*<(?:VirtualHost|Directory|DirectoryMatch|Location|LocationMatch|Files|FilesMatch|IfModule|Proxy|Limit"
    r"|LimitExcept|RequireAny|RequireAll|IfDefine|IfVersion|Macro)\b[^\n;]*>[ \t]*\r?$"
    r"|^[ \t]*(?:LoadModule[ \t]+\w+_module|ServerRoot|ServerTokens|ServerSignature|TraceEnable|DocumentRoot|ServerName"
    r"|SSLEngine|SSLProtocol|SSLCipherSuite|SSLCertificateFile|Header[ \t]+(?:always|onsuccess|set|unset|append|merge|edit\*?|add)"
    r"|RequestHeader[ \t]+(?:set|unset|append|edit)|ProxyPass(?:Match)?|ProxyRequests|ProxyPreserveHost"
    r"|RewriteEngine[ \t]+(?:on|off)|RewriteCond[ \t]+%\{|RewriteRule|RedirectMatch|Redirect[ \t]+[\"/]?\w+"
    r"|SetEnvIf(?:NoCase)?|Options[ \t]+[-+]?(?:All|None|Indexes|FollowSymLinks|Includes|ExecCGI|MultiViews|SymLinksIfOwnerMatch)"
    r"|Require[ \t]+(?:all|ip|host|local|valid-user|not|env|expr|user|group)|Order[ \t]+(?:allow|deny),|AuthType[ \t]+(?:Basic|Digest|Form)"
    r"|DirectoryIndex|ErrorDocument[ \t]+\d{3}|AddHandler|AddType|FileETag|php_(?:admin_)?(?:flag|value)(?!\[)"  # `php_value[name] =` is a pool of PHP-FPM
    r"|CustomLog|LogFormat|IncludeOptional|AllowOverride|HttpProtocolOptions|LimitRequest\w+|RequestReadTimeout)\b"
    r"(?![ \t]*[=:])(?![^\n]*[;{=][ \t]*\r?$)",
    # A section of an ini file, and a setting with its sign: a PHP-FPM pool has `php_flag[…] = …` and is none of httpd's.
    unless=r"^\[[^\]\n=,]{1,100}\][ \t]*\r?$(?=[\s\S]*^[ \t]*[\w.]+(?:\[[\w.]+\])?[ \t]*=)",
    after=("nginx", "haproxy"),
    fence="apache",
    example="httpd.conf",
    includes=True,
)
