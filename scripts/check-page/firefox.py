"""A headless Firefox, driven through its Marionette protocol with Python's own library.

Messages are JSON behind their length: `[0, number, command, parameters]` asks, `[1, number, error, result]`
answers."""
import base64
import json
import pathlib
import shutil
import socket
import subprocess
import tempfile
import time

PREFERENCES = {
    "marionette.port": 0,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "toolkit.telemetry.reportingpolicy.firstRun": False,
    "browser.aboutwelcome.enabled": False,
    "app.update.enabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "browser.download.folderList": 2,
    "browser.download.useDownloadDir": True,
    "browser.helperApps.neverAsk.saveToDisk": "image/png,image/svg+xml",
}
KEYS = {"ArrowDown": "\ue015", "ArrowUp": "\ue013", "ArrowLeft": "\ue012", "ArrowRight": "\ue014", "Enter": "\ue007", "Escape": "\ue00c"}


class Firefox:
    pressed = False

    def __init__(self, downloads):
        self.profile = pathlib.Path(tempfile.mkdtemp(prefix="check-page-"))
        preferences = {**PREFERENCES, "browser.download.dir": str(downloads)}
        lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in preferences.items()]
        (self.profile / "user.js").write_text("\n".join(lines))
        program = shutil.which("firefox-esr") or shutil.which("firefox")
        self.process = subprocess.Popen(
            [program, "--headless", "--no-remote", "--profile", str(self.profile), "--marionette", "--remote-allow-system-access"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            self.begin()
        except BaseException:
            self.process.kill()
            raise

    def begin(self):
        place = self.profile / "MarionetteActivePort"
        for _ in range(600):
            if place.exists() and place.read_text().strip():
                break
            time.sleep(0.1)
        self.number = 0
        self.socket = socket.create_connection(("127.0.0.1", int(place.read_text())), timeout=60)
        self.rest = b""
        self.receive()
        self.call("WebDriver:NewSession", capabilities={"alwaysMatch": {}})
        self.call("WebDriver:SetTimeouts", script=60000, pageLoad=60000)

    def receive(self):
        while b":" not in self.rest:
            self.rest += self.socket.recv(1 << 16)
        length, _, self.rest = self.rest.partition(b":")
        while len(self.rest) < int(length):
            self.rest += self.socket.recv(1 << 16)
        message, self.rest = self.rest[:int(length)], self.rest[int(length):]
        return json.loads(message)

    def call(self, command, **parameters):
        self.number += 1
        message = json.dumps([0, self.number, command, parameters]).encode()
        self.socket.sendall(str(len(message)).encode() + b":" + message)
        _, _, error, result = self.receive()
        if error:
            raise RuntimeError(f"{command}: {error.get('message', error)}")
        return result.get("value") if isinstance(result, dict) and set(result) == {"value"} else result

    def open(self, page):
        self.in_chrome("Services.console.reset()")
        self.call("WebDriver:Navigate", url="about:blank")
        self.call("WebDriver:Navigate", url=pathlib.Path(page).resolve().as_uri())

    def go(self, url):
        self.call("WebDriver:Navigate", url="about:blank")
        self.call("WebDriver:Navigate", url=url)

    def in_chrome(self, script):
        self.call("Marionette:SetContext", value="chrome")
        try:
            return self.call("WebDriver:ExecuteScript", script=script, args=[])
        finally:
            self.call("Marionette:SetContext", value="content")

    def run(self, script, *arguments):
        return self.call("WebDriver:ExecuteScript", script=script, args=list(arguments), sandbox=None)

    def wait_for(self, script, *arguments):
        return self.call("WebDriver:ExecuteAsyncScript", script=script, args=list(arguments), sandbox=None)

    def requests(self):
        return self.run("return performance.getEntriesByType('resource').map(entry => entry.name.slice(0, 100))")

    def errors(self):
        """Errors and warnings of the page's own script."""
        return self.in_chrome("""return Services.console.getMessageArray().filter(message => message instanceof Ci.nsIScriptError
&& /report\\.html|\\.html/.test(message.sourceName || "")).map(message => message.errorMessage)""")

    def act(self, *steps):
        pointer = {"type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"}, "actions": list(steps)}
        self.call("WebDriver:PerformActions", actions=[pointer])

    def move(self, x, y):
        self.act({"type": "pointerMove", "duration": 0, "origin": "viewport", "x": round(x), "y": round(y)})

    def press(self, x, y, clicks=1):
        self.move(x, y)
        self.act({"type": "pointerDown", "button": 0})

    def release(self, x, y, clicks=1):
        self.move(x, y)
        self.act({"type": "pointerUp", "button": 0})

    def click(self, x, y, clicks=1):
        down, up = {"type": "pointerDown", "button": 0}, {"type": "pointerUp", "button": 0}
        self.act({"type": "pointerMove", "duration": 0, "origin": "viewport", "x": round(x), "y": round(y)}, *[down, up] * clicks)

    def key(self, name):
        value = KEYS.get(name, name)
        steps = [{"type": "keyDown", "value": value}, {"type": "keyUp", "value": value}]
        self.call("WebDriver:PerformActions", actions=[{"type": "key", "id": "keys", "actions": steps}])

    def size(self, width, height, mobile=False, scale=1):
        # The window has a frame around the page.
        frame = self.run("return [outerWidth - innerWidth, outerHeight - innerHeight]")
        self.call("WebDriver:SetWindowRect", width=width + frame[0], height=height + frame[1])

    def media(self, medium="", scheme="light"):
        pass

    def screenshot(self, path, whole=False):
        picture = self.call("WebDriver:TakeScreenshot", full=whole, hash=False)
        path.write_bytes(base64.b64decode(picture if isinstance(picture, str) else picture["value"]))

    def close(self):
        try:
            self.call("Marionette:Quit", flags=["eForceQuit"])
        except (OSError, RuntimeError, ValueError):
            pass
        self.socket.close()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.profile, ignore_errors=True)
