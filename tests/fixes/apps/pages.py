"""Pages that use what browsers offer: sockets, events, uploads, frames and images of another site, a camera; and an API for a
page of another origin. Run as `pages.py PORT`."""

import asyncio
import hashlib
import sys
from collections.abc import AsyncIterator

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

_SOCKET = """<!doctype html><title>Echo</title><p id=out><script>
const s = new WebSocket(location.origin.replace('http', 'ws') + '/echo');
s.onopen = () => s.send('hello'); s.onmessage = e => { document.getElementById('out').textContent = 'echo: ' + e.data; };
</script>"""
_EVENTS = """<!doctype html><title>Events</title><ol id=out></ol><script>
const s = new EventSource('/ticks');
s.onmessage = e => { const li = document.createElement('li'); li.textContent = e.data; document.getElementById('out').append(li); if (e.data == 5) s.close(); };
</script>"""
_UPLOAD = """<!doctype html><title>Upload</title><form method=post enctype=multipart/form-data><input type=file name=file><button>Send</button></form>"""
_EMBED = """<!doctype html><title>Embedding</title><style>b { color: rgb(1, 2, 3) }</style><b style="font-size: 30px">bold</b>
<p id=framed></p><p id=said></p><script>addEventListener('message', e => { document.getElementById(e.data.where).textContent = e.data.text; });</script>
<iframe src="MEDIA/player" width=200 height=50></iframe><iframe src="/inner" width=200 height=50></iframe><img id=picture src="MEDIA/picture.svg"><script src="MEDIA/widget.js"></script>
<button onclick="logIn()">Log in</button>
<script>function logIn() { const popup = window.open('MEDIA/popup'); setInterval(() => popup.closed && console.error('closed'), 50); }</script>"""
_PLAYER = "<!doctype html><p>player<script>parent.postMessage({where: 'framed', text: 'player plays'}, '*')</script>"
_POPUP = "<!doctype html><p>popup<script>opener.postMessage({where: 'said', text: 'logged in'}, '*')</script>"
_SENSORS = """<!doctype html><title>Sensors</title><p id=place></p><p id=camera></p><p id=full></p><script>
const say = (where, text) => { document.getElementById(where).textContent = text; };
navigator.geolocation.getCurrentPosition(p => say('place', 'at ' + p.coords.latitude), e => { console.error(e.message); });
navigator.mediaDevices.getUserMedia({video: true, audio: true}).then(s => say('camera', 'sees ' + s.getTracks().length), e => { console.error(e.message); });
</script>"""
_OLD = """<!doctype html><title>Old</title><p id=out></p><script src="/old-script"></script><p><a href="/referred">next</a>"""
_SPA = """<!doctype html><title>Shop</title><p id=out></p><script>
const api = new URLSearchParams(location.search).get('api');
(async () => {
  await (await fetch(api + '/login', {method: 'POST', credentials: 'include'})).text();
  const got = await fetch(api + '/orders/7', {method: 'PUT', credentials: 'include', headers: {'Content-Type': 'application/json', 'X-Trace': '1'}, body: '{}'});
  const told = await got.json();
  document.getElementById('out').textContent = told.method + ' ' + told.cookie + ' ' + got.headers.get('X-Total');
})();
</script>"""


async def embed(request: Request) -> Response:
    return HTMLResponse(
        _EMBED.replace("MEDIA", str(request.base_url).rstrip("/").replace("live.test", "media.test"))
    )


async def older(request: Request) -> Response:
    """A page that sets a policy of its own: the other site needs the whole address."""
    media = str(request.base_url).rstrip("/").replace("live.test", "media.test")
    text = f"<!doctype html><title>Older</title><p><a href={media}/referred>next</a>"
    return HTMLResponse(text, headers={"Referrer-Policy": "unsafe-url"})


async def ticks(request: Request) -> Response:
    async def told() -> AsyncIterator[str]:
        for number in range(1, 6):
            yield f"data: {number}\n\n"
            await asyncio.sleep(0)

    return StreamingResponse(told(), media_type="text/event-stream")


async def upload(request: Request) -> Response:
    if request.method == "GET":
        return HTMLResponse(_UPLOAD)
    body = await (await request.form())["file"].read()  # type: ignore[union-attr]
    return HTMLResponse(f"<!doctype html><p id=out>{len(body)} bytes {hashlib.sha256(body).hexdigest()}")


async def referred(request: Request) -> Response:
    """What pages that are for visitors of the site alone do."""
    came = request.headers.get("referer", "")
    return HTMLResponse(f"<!doctype html><p id=out>came from {came}", 200 if "/old" in came else 403)


async def echo(socket: WebSocket) -> None:
    await socket.accept()
    await socket.send_text(await socket.receive_text())
    await socket.close()


async def orders(request: Request) -> Response:
    """An API for the page of another origin, with credentials; it answers the preflight itself."""
    origin = request.headers.get("origin", "")
    headers = {"Vary": "Origin", "Cache-Control": "no-store"}
    if origin.removeprefix("https://").removeprefix("http://").startswith("spa.shop.test"):
        headers |= {"Access-Control-Allow-Origin": origin, "Access-Control-Allow-Credentials": "true",
                    "Access-Control-Expose-Headers": "X-Total"}  # fmt: skip
    if request.method == "OPTIONS":
        headers |= {
            "Access-Control-Allow-Methods": "PUT",
            "Access-Control-Allow-Headers": "content-type, x-trace",
        }
        return PlainTextResponse("", 204, headers)
    answer = JSONResponse({"method": request.method, "cookie": request.cookies.get("visit", "none")}, headers=headers | {"X-Total": "9"})  # fmt: skip
    if request.url.path == "/login":
        answer.set_cookie("visit", "known", httponly=True, samesite="lax")
    return answer


def told(text: str, kind: str = "text/html") -> object:
    async def answer(request: Request) -> Response:
        return Response(text, media_type=kind)

    return answer


PAGES = {
    "/socket": _SOCKET,
    "/events": _EVENTS,
    "/player": _PLAYER,
    "/inner": "<!doctype html><p>inner",
    "/popup": _POPUP,
    "/sensors": _SENSORS,
    "/old": _OLD,
    "/shop.html": _SPA,
}
SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>'
app = Starlette(
    routes=[
        *(Route(path, told(text)) for path, text in PAGES.items()),
        Route("/embed", embed),
        Route("/older", older),
        Route("/ticks", ticks),
        Route("/upload", upload, methods=["GET", "POST"]),
        Route("/referred", referred),
        Route("/old-script", told("document.getElementById('out').textContent = 'old'", "text/plain")),
        Route("/picture.svg", told(SVG, "image/svg+xml")),
        Route("/widget.js", told("window.widget = 'here'", "text/javascript")),
        Route("/login", orders, methods=["POST", "OPTIONS"]),
        Route("/orders/7", orders, methods=["GET", "PUT", "OPTIONS"]),
        WebSocketRoute("/echo", echo),
    ]
)

if __name__ == "__main__":
    uvicorn.run(
        app, host="127.0.0.1", port=int(sys.argv[1]), log_level="error", ws="wsproto", proxy_headers=True
    )
