from batten.technologies import Technology

technology = Technology(
    "laravel",
    "Laravel",
    files=(
        "config/*.php",
        "routes/*.php",
        "bootstrap/app.php",
        "app/Http/**/*.php",
        "app/Providers/*.php",
        "app/Exceptions/*.php",
        ".env",
        ".env.*",
    ),
    sniff=r"\benv\(|\bIlluminate\\|\bRoute::|\bstorage_path\(|['\"]allowed_origins['\"]|^APP_KEY=|\bLaravel\\|extends[ \t]+(?:Base)?Controller\b",
    unless=r"\bSymfony\\Component\\DependencyInjection\\|\bCake\\|\bCodeIgniter\\",
    example="config/app.php",
    certain=False,
)
