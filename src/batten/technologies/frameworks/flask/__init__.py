from batten.technologies import Technology

technology = Technology(
    "flask",
    "Flask",
    files=("*.py",),
    sniff=r"Flask\(|(?:from|import)[ \t]+flask",
    example="app.py",
    certain=False,
)
