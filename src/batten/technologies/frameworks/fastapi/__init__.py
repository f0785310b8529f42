from batten.technologies import Technology

technology = Technology(
    "fastapi",
    "FastAPI and Starlette",
    files=("*.py",),
    # Words only: it is asked of every Python file, and one that names them in a comment is soon read.
    sniff=r"FastAPI[()]|Starlette[()]|APIRouter\(|(?:CORS|Session|TrustedHost|BaseHTTP)Middleware|\.set_cookie\(|"
    r"uvicorn\.(?:run|Config)\(|(?i:secret_?key|jwt_?(?:secret|key)|(?:session|app|cookie)_secret)\w*['\"]?[\])]?\s*[:=,]|jwt\.encode\("
    r"|://[^\s:/@'\"]*:[^\s/@'\"]+@",
    example="main.py",
    certain=False,
)
