from batten.technologies import Technology

technology = Technology(
    "django",
    "Django",
    files=("*.py",),
    sniff=r"^(?:INSTALLED_APPS|MIDDLEWARE|ROOT_URLCONF|ALLOWED_HOSTS|WSGI_APPLICATION|(?:SESSION|CSRF)_COOKIE_\w+|SECURE_\w+|"
    r"CORS_\w+|REST_FRAMEWORK|DATABASES|DEBUG)\b[ \t]*[:=]|^from[ \t]+[.\w]+[ \t]+import[ \t]+\*|"
    r"^from[ \t]+(?:django|rest_framework)\b[^\n]*import|['\"](?i:Access-Control-Allow-Origin)['\"]",
    example="settings.py",
    certain=False,
)
