"""What visitors do on each application, and what they then see. Actions and conditions are JavaScript in the page."""

from __future__ import annotations

from batten.model.record import record


@record
class Step:
    """An address to go to, or a script that acts as the visitor does; `shows` is true once the page has answered. A host in
    braces stands for its origin."""

    does: str
    shows: str


@record
class Journey:
    """`secure`: browsers allow it over TLS only. `login`: the user and password that the edge asks for."""

    name: str
    host: str
    steps: tuple[Step, ...]
    secure: bool = False
    login: str = ""


def says(text: str) -> str:
    return f"document.readyState == 'complete' && document.body.innerText.includes({text!r})"


def _fill(**values: str) -> str:
    """Fills the form's fields in, and presses its button."""
    set_ = "".join(
        f"document.querySelector('[name={name}]').value = {text!r};" for name, text in values.items()
    )
    return f"{set_} document.querySelector('form [type=submit], form button').click()"


_UPLOADED = """const picked = new DataTransfer();
picked.items.add(new File([new Uint8Array(5_000_000).fill(7)], 'five-megabytes.bin'));
document.querySelector('[type=file]').files = picked.files; document.querySelector('button').click()"""
JOURNEYS = (
    Journey(
        "django form",
        "django.test",
        (
            Step("/", says("Guest book")),
            Step(_fill(line="Ann was here"), says("Ann was here")),
            Step(_fill(line="and Ben"), says("and Ben")),
        ),
    ),
    Journey(
        "django admin",
        "django.test",
        (
            Step("/admin/auth/group/1/change/", says("Username:")),
            Step(_fill(username="ann", password="ann's own password"), says("Change group")),
            Step(
                "document.querySelector('[name=name]').value = 'Writers'; document.querySelector('[name=_continue]').click()",
                says("was changed successfully"),
            ),
            Step("document.querySelector('#logout-form button').click()", says("Logged out")),
        ),
    ),
    Journey(
        "swagger ui",
        "docs.test",
        (
            Step("/docs", "document.querySelectorAll('.opblock').length == 4"),
            Step(
                "document.querySelector('.opblock-post button').click()",
                "document.querySelector('.opblock-post .try-out__btn') != null",
            ),
            Step(
                "document.querySelector('.opblock-post .try-out__btn').click()",
                "document.querySelector('.opblock-post button.execute') != null",
            ),
            Step(
                "document.querySelector('.opblock-post button.execute').click()",
                "!!document.querySelector('.live-responses-table')?.innerText.includes('pencil')",
            ),
        ),
    ),
    Journey(
        "api from the page",
        "docs.test",
        (
            Step("/items/1", says("pen")),
            Step(
                "(async () => { const a = []; for (const method of ['GET', 'PUT', 'DELETE']) {"
                "const r = await fetch('/items/2?name=nib', {method}); a.push(r.status + await r.text()); }"
                "document.body.innerText = a.join(' '); })()",
                says('200{"name":"ink"} 200{"was":"ink","would be":"nib"} 204'),
            ),
        ),
    ),
    Journey("websocket", "live.test", (Step("/socket", says("echo: hello")),)),
    Journey("events", "live.test", (Step("/events", "document.querySelectorAll('li').length == 5"),)),
    Journey(
        "upload",
        "live.test",
        (Step("/upload", "document.querySelector('button') != null"), Step(_UPLOADED, says("5000000 bytes"))),
    ),
    Journey(
        "embedding",
        "live.test",
        (
            Step(
                "/embed",
                f"{says('player plays')} && window.widget == 'here' && document.getElementById('picture').naturalWidth == 9",
            ),
            Step("document.querySelector('button').click()", says("logged in")),
        ),
    ),
    Journey(
        "old pages",
        "live.test",
        (Step("/old", says("old")), Step("document.querySelector('a').click()", says("came from"))),
    ),
    Journey(
        "own policy",
        "live.test",
        (Step("/older", says("next")), Step("document.querySelector('a').click()", says("came from"))),
    ),
    Journey(
        "api with a login", "staff.shop.test", (Step("/orders/7", says('"method":"GET"')),), login="ann:pen"
    ),
    Journey(
        "origin that the edge allows",
        "spa.shop.test",
        (
            Step("/inner", says("inner")),
            Step(
                "(async () => { const r = await fetch('{open.shop.test}/items/1'); document.body.innerText = await r.text(); })()",
                says("pen"),
            ),
        ),
        secure=True,
    ),
    Journey(
        "files",
        "files.test",
        (
            Step(
                "/index.html",
                f"{says('script runs')} && {says('known')} && getComputedStyle(document.getElementById('out')).color == 'rgb(1, 2, 3)'",
            ),
        ),
    ),
    Journey("api alone", "api.shop.test", (Step("/orders/7", says('"method":"GET"')),)),
    Journey("sensors", "live.test", (Step("/sensors", f"{says('at 52')} && {says('sees 2')}"),), secure=True),
    Journey(
        "another origin", "spa.shop.test", (Step("/shop.html?api={api.shop.test}", says("PUT known 9")),)
    ),
    Journey(
        "express",
        "express.test",
        (
            Step("/", f"{says('Who are you?')} && {says('theme=dark')}"),
            Step(_fill(name="ann"), says("Hello ann")),
            Step("document.getElementById('out').click()", says("clicked")),
        ),
    ),
    Journey(
        "php",
        "php.test",
        (
            Step("/index.php", says("items: 0")),
            Step(_fill(item="<b>pen</b>"), says("items: 1")),
            Step(_fill(item="ink"), says("items: 2")),
        ),
    ),
    Journey(
        "php by fpm",
        "fpm.test",
        (
            Step("/", says("items: 0")),
            Step(_fill(item="<b>pen</b>"), says("items: 1")),
            Step(_fill(item="ink"), says("items: 2")),
        ),
    ),
)
