"""A headless Chromium, driven through chromedriver's WebDriver protocol with Python's own library."""
import base64
import json
import pathlib
import re
import subprocess
import urllib.request


class Browser:
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    pressed = False

    def __init__(self, downloads):
        self.driver = subprocess.Popen(["chromedriver", "--port=0"], stdout=subprocess.PIPE,
                                       stderr=subprocess.DEVNULL, text=True)
        try:
            self.begin(downloads)
        except BaseException:
            self.driver.kill()
            raise

    def begin(self, downloads):
        for line in self.driver.stdout:
            if found := re.search(r"successfully on port (\d+)", line):
                self.base = f"http://127.0.0.1:{found[1]}"
                break
        arguments = ["--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--window-size=1280,900",
                     "--disable-dev-shm-usage", "--no-first-run", "--disable-background-networking"]
        capabilities = {"browserName": "chrome", "goog:chromeOptions": {"args": arguments},
                        "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"}}
        session = self.call("POST", "/session", {"capabilities": {"alwaysMatch": capabilities}})
        self.base += f"/session/{session['sessionId']}"
        self.cdp("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(downloads))

    def call(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, data, {"Content-Type": "application/json"}, method=method)
        with self.direct.open(request, timeout=60) as answer:
            return json.load(answer)["value"]

    def cdp(self, command, **parameters):
        return self.call("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

    def open(self, page):
        self.log("performance"), self.log("browser")
        self.call("POST", "/url", {"url": pathlib.Path(page).resolve().as_uri()})

    def go(self, url):
        """Opens an address as if it had been followed from another page."""
        self.call("POST", "/url", {"url": "about:blank"})
        self.call("POST", "/url", {"url": url})

    def wait_for(self, script, *arguments):
        """What a script tells the function that it gets last."""
        return self.call("POST", "/execute/async", {"script": script, "args": list(arguments)})

    def run(self, script, *arguments):
        return self.call("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def log(self, kind):
        return self.call("POST", "/se/log", {"type": kind})

    def requests(self):
        """The addresses asked for since the page was opened."""
        messages = [json.loads(entry["message"])["message"] for entry in self.log("performance")]
        sent = [message for message in messages if message["method"] == "Network.requestWillBeSent"]
        return [message["params"]["request"]["url"][:100] for message in sent]

    def errors(self):
        return [entry["message"] for entry in self.log("browser") if entry["level"] in ("SEVERE", "WARNING")]

    def mouse(self, kind, x, y, clicks=0):
        button = "left" if clicks or kind == "mouseMoved" and self.pressed else "none"
        self.cdp("Input.dispatchMouseEvent", type=kind, x=x, y=y, button=button, clickCount=clicks,
                 buttons=1 if self.pressed else 0)

    def move(self, x, y):
        self.mouse("mouseMoved", x, y)

    def press(self, x, y, clicks=1):
        self.pressed = True
        self.mouse("mousePressed", x, y, clicks)

    def release(self, x, y, clicks=1):
        self.pressed = False
        self.mouse("mouseReleased", x, y, clicks)

    def click(self, x, y, clicks=1):
        for number in range(1, clicks + 1):
            self.press(x, y, number)
            self.release(x, y, number)

    def key(self, name):
        for kind in ("keyDown", "keyUp"):
            self.cdp("Input.dispatchKeyEvent", type=kind, key=name)

    def size(self, width, height, mobile=False, scale=1):
        self.cdp("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=scale, mobile=mobile)

    def media(self, medium="", scheme="light"):
        self.cdp("Emulation.setEmulatedMedia", media=medium, features=[{"name": "prefers-color-scheme", "value": scheme}])

    def screenshot(self, path, whole=False):
        picture = self.cdp("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        path.write_bytes(base64.b64decode(picture["data"]))

    def pdf(self):
        printed = self.cdp("Page.printToPDF", preferCSSPageSize=True, printBackground=False)
        return base64.b64decode(printed["data"])

    def close(self):
        try:
            self.call("DELETE", "")
        finally:
            self.driver.kill()
            self.driver.wait()
