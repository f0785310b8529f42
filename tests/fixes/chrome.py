"""Chromium over its debugging pipe: pages with cookies of their own, and everything that a visitor's browser would complain of.

The protocol is the vendor's DevTools protocol; messages are JSON, each ended by a zero byte, on the descriptors 3 and 4.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import select
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from fcntl import F_DUPFD_CLOEXEC, fcntl
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from needs import program
from servers import ended
from waiting import BOUND, until

Message = dict[str, Any]
# After so many looks what has not come does not come: once something has failed, while nothing is under way, and at all.
PATIENCE, QUIET, LOOKS = 250, 750, 2_000
_FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-proxy-server", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-extensions",
    "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream",
    # A frame of another origin stays in its page's process, so its requests are seen with the page's.
    "--disable-site-isolation-trials", "--disable-features=IsolateOrigins,site-per-process,HttpsUpgrades,HttpsFirstBalancedMode",
    "--host-resolver-rules=MAP *.test 127.0.0.1", "--disable-popup-blocking", "--autoplay-policy=no-user-gesture-required",
    "--remote-debugging-pipe",
)  # fmt: skip

MOST = 5000  # answers and complaints of a page


class Browser:
    """One Chromium; `open` gives a tab that shares nothing with the others."""

    def __init__(self, process: subprocess.Popen[bytes], given: int, answers: int) -> None:
        self.process, self._given, self._answers = process, given, answers
        self._rest, self._number = b"", 0
        self._answered: dict[int, Message] = {}
        self._tabs: dict[str, Tab] = {}

    def call(self, method: str, session: str = "", **parameters: Any) -> Message:
        """The result of a command; a refusal is `{"error": ...}`."""
        self._number += 1
        number = self._number
        message = {"id": number, "method": method, "params": parameters} | (
            {"sessionId": session} if session else {}
        )
        os.write(self._given, json.dumps(message).encode() + b"\0")
        until(lambda: self.listen(0.05) or number in self._answered, f"Chromium answers {method}")
        answer = self._answered.pop(number)
        return dict(answer.get("result") or {"error": answer.get("error")})

    def listen(self, seconds: float) -> None:
        """Takes in what has arrived, and waits that long when nothing has."""
        waiting = select.poll()  # unlike `select`, for any descriptor: a session of tests may hold thousands
        waiting.register(self._answers, select.POLLIN)
        if not waiting.poll(seconds * 1000):
            return
        arrived = os.read(self._answers, 1 << 20)
        if not arrived:
            raise EOFError("Chromium ended")
        *whole, self._rest = (self._rest + arrived).split(b"\0")
        for text in whole:
            message = json.loads(text)
            if "id" in message:
                self._answered[message["id"]] = message
            elif tab := self._tabs.get(message.get("sessionId", "")):
                tab.hear(message["method"], message["params"])

    @contextmanager
    def open(self) -> Iterator[Tab]:
        context = self.call("Target.createBrowserContext")["browserContextId"]
        self.call("Browser.grantPermissions", permissions=["geolocation"], browserContextId=context)
        target = self.call("Target.createTarget", url="about:blank", browserContextId=context)["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        tab = self._tabs[session] = Tab(self, session, context)
        for domain in ("Page", "Network", "Runtime", "Log"):
            tab.call(f"{domain}.enable")
        tab.call("Emulation.setGeolocationOverride", latitude=52, longitude=13, accuracy=1)
        try:
            yield tab
        finally:
            del self._tabs[session]
            self.call("Target.disposeBrowserContext", browserContextId=context)


class Tab:
    """A page as its visitor has it. `answers` are the answers that it got, `trouble` is what the console, the network and
    its scripts complain of."""

    def __init__(self, browser: Browser, session: str, context: str) -> None:
        self._browser, self._session, self._context = browser, session, context
        self.answers: dict[str, Message] = {}
        self.trouble: list[str] = []
        self.pending: dict[str, str] = {}
        self._urls: dict[str, str] = {}

    def call(self, method: str, **parameters: Any) -> Message:
        return self._browser.call(method, self._session, **parameters)

    def hear(self, event: str, told: Message) -> None:
        """What Chromium reports of the page. One that goes round in circles is left to its circles: more of them says
        nothing new, and would fill the memory."""
        if len(self.answers) + len(self.trouble) + len(self._urls) > MOST:
            return
        match event:
            case "Network.requestWillBeSent":
                if "redirectResponse" in told:
                    self._answered(
                        f"{told['requestId']} {len(self.answers)}", told["redirectResponse"], "Redirect"
                    )
                self._urls[told["requestId"]] = told["request"]["url"]
                self.pending[told["requestId"]] = told.get("type", "")
            case "Network.responseReceived":
                self._answered(told["requestId"], told["response"], told["type"])
                if told["type"] == "EventSource":
                    self.pending.pop(told["requestId"], None)
            case "Network.loadingFinished":
                self.pending.pop(told["requestId"], None)
                self.answers.get(told["requestId"], {})["whole"] = True
            case "Network.loadingFailed":
                self.pending.pop(told["requestId"], None)
                self._failed(told)
            case "Network.webSocketHandshakeResponseReceived":
                self._answered(told["requestId"], told["response"] | {"url": "websocket"}, "WebSocket")
            case "Network.webSocketFrameError":
                self.trouble.append(f"websocket: {told['errorMessage']}")
            case "Runtime.exceptionThrown":
                details = told["exceptionDetails"]
                self.trouble.append(
                    f"script: {details.get('exception', {}).get('description') or details['text']}"
                )
            case "Runtime.consoleAPICalled" if told["type"] in ("error", "warning", "assert"):
                self.trouble.append(
                    f"console: {' '.join(str(a.get('value', a.get('description'))) for a in told['args'])}"
                )
            case "Log.entryAdded" if told["entry"]["level"] in ("error", "warning"):
                entry = told["entry"]
                self.trouble.append(f"{entry['source']}: {entry['text']} {entry.get('url', '')}".strip())

    def _answered(self, key: str, response: Message, kind: str) -> None:
        self.answers[key] = {"kind": kind, "url": response.get("url", ""), "status": response["status"],
                             "headers": {k.lower(): v for k, v in response["headers"].items()}}  # fmt: skip
        if response["status"] >= 400:
            self.trouble.append(f"answered {response['status']}: {self.answers[key]['url']}")

    def _failed(self, told: Message) -> None:
        url = self._urls.get(told["requestId"], "")
        # A page that is left ends what it still loads: that is no failure.
        if not told.get("canceled"):
            self.trouble.append(
                f"{told['errorText']} {told.get('blockedReason', '')} {told.get('corsErrorStatus', '')} {url}"
            )

    def ask(self, script: str) -> Any:
        """What a script in the page returns; None while the page is none yet, or the script raises."""
        answer = self.call(
            "Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True, userGesture=True
        )
        return None if "exceptionDetails" in answer else answer.get("result", {}).get("value")

    def go(self, url: str) -> None:
        self.call("Page.navigate", url=url)

    def shown(self, condition: str, before: int) -> bool:
        """Whether the condition became true. What failed since `before`, or a page on which nothing is under way, ends it sooner."""
        failed = quiet = 0
        for _ in range(LOOKS):
            if self.ask(condition):
                return True
            self._browser.listen(0.02)
            failed += (1 if self.pending else 10) if len(self.trouble) > before else 0
            quiet += not self.pending
            if failed > PATIENCE or quiet > QUIET:
                break
        return bool(self.ask(condition))

    def settle(self) -> None:
        """Waits until nothing is under way, for a while."""
        for _ in range(PATIENCE):  # a request whose page was left may never be said to have ended
            if not self.pending:
                return
            self._browser.listen(0.02)

    def body(self, key: str) -> bytes:
        """The answer's body; empty where Chromium keeps none."""
        told = self.call("Network.getResponseBody", requestId=key)
        text = str(told.get("body", ""))
        return base64.b64decode(text) if told.get("base64Encoded") else text.encode()

    def cookies(self) -> list[Message]:
        """The cookies of this visitor."""
        return list(self._browser.call("Storage.getCookies", browserContextId=self._context)["cookies"])


def _pipe() -> tuple[int, int]:
    """Both ends of a pipe, at descriptors of two digits: 3 and 4 are the shell's to give."""
    low = os.pipe()
    high = [fcntl(end, F_DUPFD_CLOEXEC, 10) for end in low]
    for end in low:
        os.close(end)
    return high[0], high[1]


@contextmanager
def chromium(folder: Path, certificate: Path) -> Iterator[Browser]:
    """A Chromium without a window that accepts this certificate, and no other that the system does not."""
    key = x509.load_pem_x509_certificate(certificate.read_bytes()).public_key()
    spki = hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).digest()
    command = [program("chromium", "chromium-browser", "google-chrome"), *_FLAGS, f"--user-data-dir={folder}/profile",
               f"--ignore-certificate-errors-spki-list={base64.b64encode(spki).decode()}"]  # fmt: skip
    (taken, given), (answers, told) = _pipe(), _pipe()
    onto = ["sh", "-c", f'exec "$@" 3</proc/self/fd/{taken} 4>/proc/self/fd/{told}', "chromium", *command]
    with (folder / "chromium.log").open("wb") as log:
        process = subprocess.Popen(
            onto, stdin=subprocess.DEVNULL, stdout=log, stderr=log, pass_fds=(taken, told)
        )
    os.close(taken)
    os.close(told)
    try:
        yield Browser(process, given, answers)
    finally:
        os.close(given)
        try:
            process.wait(BOUND)
        finally:
            ended(process)
            os.close(answers)
