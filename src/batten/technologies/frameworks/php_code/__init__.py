from batten.technologies import Technology

technology = Technology(
    "php_code",
    "PHP programs",
    files=("*.php",),
    sniff=r"(?i)\bheader\([^\n]{0,80}access-control-|CURLOPT_SSL_VERIFY|verify_peer|verify_host|['\"]verify['\"][ \t]*=>|withoutVerifying|\bset(?:raw)?cookie\("
    r"|\bsession_set_cookie_params\(|\bini_set\([ \t]*['\"](?:display_errors|session\.cookie_)|\bphpinfo\(",
    example="index.php",
    certain=False,
)
