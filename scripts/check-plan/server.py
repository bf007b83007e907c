"""A server with the endpoints of perfkit serve that writes its JSON in another way, for check-plan.sh.

    python3 scripts/check-plan/server.py compact|spaced|strings|wrong

Prints its port. `wrong` answers with wrong values in the right form.
"""

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

STYLE = sys.argv[1]


def fibonacci(n):
    a, b = 0, 1
    for _ in range(n):
        a, b = b, a + b
    return a


def is_prime(n):
    return n > 1 and all(n % divisor for divisor in range(2, int(n**0.5) + 1))


def answer(path):
    _, endpoint, n = path.split("/")
    n = int(n)
    is_wrong = STYLE == "wrong"
    if endpoint == "fibo":
        members = {"index": n, "fibonacci_number": fibonacci(n) + is_wrong}
    else:
        verdict = "Prime!" if is_prime(n) != is_wrong else "Non-Prime."
        members = {"status": f"{n} is {verdict}", "number": n}
    if STYLE == "compact":
        return json.dumps(members, separators=(",", ":"))
    if STYLE == "strings":
        members = {name: str(value) for name, value in members.items()}
    return json.dumps(members, indent=4) + "\n\n"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        body = answer(self.path).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
