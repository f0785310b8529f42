from batten.technologies import Technology

technology = Technology(
    "fastapi",
    "FastAPI and Starlette",
    files=("*.py",),
    sniff=r"^[^#\n]*\b(?:FastAPI|Starlette|APIRouter|CORSMiddleware|SessionMiddleware|TrustedHostMiddleware)\b"
    r"|^[^#\n]*\.set_cookie\(|^[^#\n]*\bverify\s*=(?!=)|^[^#\n]*\buvicorn\.run\(",
    example="main.py",
)
