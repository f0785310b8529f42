from batten.technologies import Technology

technology = Technology(
    "litestar",
    "Litestar",
    files=("*.py",),
    sniff=r"^[ \t]*(?:from|import)[ \t]+litestar\b",
    example="main.py",
    certain=False,
)
