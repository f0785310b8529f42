from batten.technologies import Technology

technology = Technology(
    "flask",
    "Flask",
    files=("*.py",),
    sniff=r"\bFlask\(|^(?:from|import)[ \t]+flask\w*\b|\bfrom[ \t]+flask\w*[ \t]+import\b",
    example="app.py",
    certain=False,
)
