from batten.technologies import Technology

technology = Technology(
    "go",
    "Go",
    files=("*.go",),
    # Imports, which are at the head of a file; every file of Go is asked.
    sniff=r"\"(?:net/http(?:/pprof)?|expvar|crypto/tls|github\.com/(?:gin-gonic/gin|gin-contrib/(?:cors|pprof|sessions)|labstack/echo/v\d+(?:/middleware)?"
    r"|go-chi/(?:chi|cors)(?:/v\d+(?:/middleware)?)?|rs/cors|gorilla/(?:mux|csrf|sessions|securecookie|handlers)|gofiber/fiber/v\d+(?:/middleware/\w+)?|golang-jwt/jwt(?:/v\d+)?|(?:gorilla|coder|fasthttp)/websocket)|nhooyr\.io/websocket)\""
    r"|://[^\s:/@\"`]*:[^\s/@\"`]+@",
    example="main.go",
    certain=False,
)
