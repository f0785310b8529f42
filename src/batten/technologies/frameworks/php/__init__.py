from batten.technologies import Technology

technology = Technology(
    "php",
    "PHP and PHP-FPM",
    files=("php.ini", "php.ini-production", "*.ini", "*.conf"),  # images read any name in their conf.d
    sniff=r"^[ \t]*(?:display_errors|display_startup_errors|expose_php|memory_limit|upload_max_filesize|allow_url_fopen|session\.\w+|"
    r"post_max_size|error_reporting|xdebug\.mode|log_errors|pm|pm\.max_children|php_(?:admin_)?(?:value|flag)\[[\w.]+\]|"
    r"security\.limit_extensions|listen\.allowed_clients)[ \t]*=",
    unless=r"^[ \t]*(?:server|location|<VirtualHost|<Directory)\b",
    example="php.ini",
)
