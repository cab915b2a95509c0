"""The Firefox that readers have, driven by WebDriver BiDi in as many of Playwright's words as the tests use.

Playwright itself drives only a Firefox of its own build.
"""

import base64
import json
import os
import re
import signal
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import browsers
import websocket

PREFERENCES = {
    "ui.prefersReducedMotion": 1,
    "dom.w3c_touch_events.enabled": 1,
    "datareporting.policy.dataSubmissionEnabled": False,  # from here on: ask no other host on its own
    "toolkit.telemetry.server": "data:,",
    "app.normandy.enabled": False,
    "app.update.disabledForTesting": True,
    "browser.safebrowsing.update.enabled": False,
    "browser.newtabpage.activity-stream.feeds.system.topstories": False,
    "browser.region.network.url": "",
    "browser.topsites.contile.enabled": False,
    "extensions.getAddons.cache.enabled": False,
    "extensions.systemAddon.update.enabled": False,
    "media.gmp-manager.updateEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "network.dns.disablePrefetch": True,
    "services.settings.server": "data:,#remote-settings-dummy/v1",
}
KEYS = {  # WebDriver's private characters
    name: chr(0xE000 + code)
    for name, code in {
        "Backspace": 3, "Tab": 4, "Enter": 6, "Shift": 8, "Control": 9, "Alt": 10, "Escape": 12, "PageUp": 14,
        "PageDown": 15, "End": 16, "Home": 17, "ArrowLeft": 18, "ArrowUp": 19, "ArrowRight": 20, "ArrowDown": 21,
        "Delete": 23,
    }.items()
}  # fmt: skip
EVENTS = ["log.entryAdded", "network.beforeRequestSent", "network.responseCompleted", "network.fetchError"]
PATIENCE = 60  # seconds


class Trouble(Exception):
    """What Firefox answers when it cannot do what it is told."""


@contextmanager
def launched(viewport, **preferences):
    """A page of a Firefox that has a new, empty profile. It ends with the block, whatever happens in it."""
    with TemporaryDirectory(prefix="firefox-", ignore_cleanup_errors=True) as profile:
        lines = [f"user_pref({json.dumps(key)}, {json.dumps(it)});" for key, it in (PREFERENCES | preferences).items()]
        Path(profile, "user.js").write_text("\n".join(lines), "utf-8")
        log = Path(profile, "said.log")
        options = ["--headless", "--no-remote", "--profile", profile, "--remote-debugging-port=0"]
        with log.open("wb") as said:  # Firefox has a process for each page: a session of their own ends them together
            command = [browsers.firefox(), *options]
            process = subprocess.Popen(command, stdout=said, stderr=said, start_new_session=True)
        try:
            page = Page(_address(process, log))
            try:
                page.set_viewport_size(viewport)
                yield page
            finally:
                page.socket.close()
        finally:
            _end(process)


def _address(process, log):
    """Wait until Firefox listens, and return where."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and process.poll() is None:
        if found := re.search(r"WebDriver BiDi listening on (ws://\S+)", log.read_text("utf-8", "replace")):
            return f"{found[1]}/session"
        time.sleep(0.05)
    raise RuntimeError(f"Firefox does not start.\n{log.read_text('utf-8', 'replace')}")


def _end(process):
    if os.name == "nt":
        process.kill()
    else:
        os.killpg(process.pid, signal.SIGKILL)  # nothing in its profile is worth a farewell
    process.wait(PATIENCE)


class Page:
    """One tab. `complaints` fills with what goes wrong in it, and with requests that leave `home`."""

    def __init__(self, address):
        # Firefox lets in only who names no origin, as a page could not.
        self.socket = websocket.create_connection(address, timeout=PATIENCE, suppress_origin=True)
        self.complaints, self.home, self.sent = [], "", 0
        self.keyboard, self.mouse, self.touchscreen = Keyboard(self), Mouse(self), Touchscreen(self)
        self.send("session.new", capabilities={})
        # Not the window that is there already: it is never in front, and there no key presses a button.
        self.context = self.send("browsingContext.create", type="window")["context"]
        self.send("session.subscribe", events=EVENTS)

    def send(self, method, **parameters):
        """Do one command of the protocol and return its result. Errors: `Trouble`."""
        self.sent += 1
        self.socket.send(json.dumps({"id": self.sent, "method": method, "params": parameters}))
        while True:
            came = json.loads(self.socket.recv())
            if came["type"] == "event":
                self._note(came["method"], came["params"])
            elif came["id"] == self.sent:
                if came["type"] == "error":
                    raise Trouble(f"{method}: {came['error']}: {came['message']}")
                return came["result"]

    def _note(self, event, came):
        url = came.get("request", {}).get("url", "")
        ours = url.startswith((self.home, "blob:", "data:"))
        if event == "log.entryAdded" and came["level"] in ("error", "warn"):
            self.complaints.append(came["text"])
        elif event == "network.beforeRequestSent" and not ours:
            self.complaints.append(f"asks {url}")
        elif event == "network.responseCompleted" and came["response"]["status"] >= 400:
            self.complaints.append(f"{url}: {came['response']['status']}")
        elif event == "network.fetchError":
            self.complaints.append(f"{url} failed: {came['errorText']}")

    def goto(self, url):
        self.send("browsingContext.navigate", context=self.context, url=url, wait="complete")

    def evaluate(self, script, arg=None):
        """The JSON value of an expression or of a function of `arg`, which may be asynchronous. Errors: `Trouble`."""
        came = self.send(
            "script.callFunction",
            functionDeclaration=f"""async (text) => {{
                const made = ({script});
                return JSON.stringify(await (typeof made === "function" ? made(JSON.parse(text)) : made) ?? null);
            }}""",
            arguments=[{"type": "string", "value": json.dumps(arg)}],
            target={"context": self.context},
            awaitPromise=True,
        )
        if came["type"] == "exception":
            raise Trouble(came["exceptionDetails"]["text"])
        return json.loads(came["result"]["value"])

    def wait_for_function(self, script, arg=None):
        end = time.monotonic() + PATIENCE
        while not self.evaluate(script, arg):
            if time.monotonic() > end:
                raise Trouble(f"waited in vain for {script}")
            time.sleep(0.02)

    def set_viewport_size(self, viewport):
        self.send("browsingContext.setViewport", context=self.context, viewport=viewport)

    def screenshot(self, path):
        came = self.send("browsingContext.captureScreenshot", context=self.context)
        Path(path).write_bytes(base64.b64decode(came["data"]))

    def perform(self, source, actions, **settings):
        """Let an input device, by its name, do a list of actions."""
        devices = [{"id": source, "actions": actions, **settings}]
        self.send("input.performActions", context=self.context, actions=devices)


class Keyboard:
    def __init__(self, page):
        self.page = page

    def down(self, key):
        self._do([("keyDown", key)])

    def up(self, key):
        self._do([("keyUp", key)])

    def press(self, keys):
        """ "Tab", "a", "Shift+Tab"."""
        keys = ["+"] if keys == "+" else keys.split("+")
        self._do([("keyDown", key) for key in keys] + [("keyUp", key) for key in reversed(keys)])

    def type(self, text):
        self._do([(way, key) for key in text for way in ("keyDown", "keyUp")])

    def _do(self, moves):
        self.page.perform("keys", [{"type": way, "value": KEYS.get(key, key)} for way, key in moves], type="key")


class Mouse:
    """Places are CSS pixels of the viewport."""

    kind = "mouse"

    def __init__(self, page):
        self.page = page

    def move(self, x, y):
        self._do(_to(x, y))

    def down(self):
        self._do({"type": "pointerDown", "button": 0})

    def up(self):
        self._do({"type": "pointerUp", "button": 0})

    def click(self, x, y):
        self._do(_to(x, y), {"type": "pointerDown", "button": 0}, {"type": "pointerUp", "button": 0})

    def _do(self, *actions):
        self.page.perform(self.kind, actions, type="pointer", parameters={"pointerType": self.kind})


class Touchscreen(Mouse):
    kind = "touch"
    tap = Mouse.click


def _to(x, y):
    return {"type": "pointerMove", "x": round(x), "y": round(y)}
