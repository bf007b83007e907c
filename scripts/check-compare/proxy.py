#!/usr/bin/env python3
"""A reverse proxy on 127.0.0.1 that delays each response by a random time.

    proxy.py UPSTREAM_PORT FACTOR SEED

Listens on a free port and prints it. Delays follow a log-normal distribution whose median is that of
the path times FACTOR, counted from the arrival of the request. They grow with the number of open
connections, from half of that to all of it, as response times do under load. The same SEED gives the
same series of delays. On SIGTERM it prints how late it sent the responses, and exits.

It forwards only requests without a body, one at a time per connection, as check-compare.sh needs.
"""
import asyncio
import gc
import random
import re
import signal
import sys
from urllib.parse import urlsplit

MEDIANS_MS = {
    "/fibo/10": 20,
    "/fibo/100": 30,
    "/fibo/1000": 45,
    "/isprime/7919": 60,
    "/isprime/1299709": 90,
}
SIGMA = 0.35
# The number of connections at which delays equal the medians.
FULL_LOAD = 80
CONTENT_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


class Upstream(asyncio.Protocol):
    """A connection to the server, reused by one request after another."""

    def __init__(self, idle):
        self.idle = idle
        self.client = None
        self.transport = None
        self.answer = b""

    def connection_made(self, transport):
        self.transport = transport

    def ask(self, client, request):
        self.client = client
        self.transport.write(request)

    def data_received(self, data):
        self.answer += data
        head = self.answer.find(b"\r\n\r\n")
        if head < 0:
            return
        length = CONTENT_LENGTH.search(self.answer, 0, head)
        if len(self.answer) < head + 4 + (int(length[1]) if length else 0):
            return
        client, self.client = self.client, None
        answer, self.answer = self.answer, b""
        self.idle.append(self)
        client.answered(answer)

    def connection_lost(self, _error):
        if self in self.idle:
            self.idle.remove(self)
        if self.client:
            self.client.transport.abort()


class Client(asyncio.Protocol):
    """A connection from JMeter."""

    def __init__(self, proxy):
        self.proxy = proxy
        self.transport = None
        self.request = b""
        self.due = 0.0

    def connection_made(self, transport):
        self.transport = transport
        self.proxy.clients += 1

    def connection_lost(self, _error):
        self.proxy.clients -= 1

    def data_received(self, data):
        self.request += data
        if not self.request.endswith(b"\r\n\r\n"):
            return
        request, self.request = self.request, b""
        proxy = self.proxy
        path = urlsplit(request.split(b" ", 2)[1].decode()).path
        load = 0.5 + 0.5 * proxy.clients / FULL_LOAD
        delay = proxy.random.lognormvariate(0, SIGMA) * MEDIANS_MS[path] * proxy.factor * load / 1000
        self.due = proxy.loop.time() + delay
        if proxy.idle:
            proxy.idle.pop().ask(self, request)
        else:
            proxy.loop.create_task(proxy.connect_and_ask(self, request))

    def answered(self, answer):
        self.proxy.loop.call_at(self.due, self.send, answer)

    def send(self, answer):
        self.proxy.note_lateness(self.proxy.loop.time() - self.due)
        self.transport.write(answer)


class Proxy:
    def __init__(self, upstream_port, factor, seed):
        self.loop = asyncio.get_running_loop()
        self.upstream_port = upstream_port
        self.factor = factor
        self.random = random.Random(seed)
        self.idle = []
        self.clients = 0
        self.lateness_ms = []

    async def connect_and_ask(self, client, request):
        _, upstream = await self.loop.create_connection(
            lambda: Upstream(self.idle), "127.0.0.1", self.upstream_port)
        upstream.ask(client, request)

    def note_lateness(self, seconds):
        self.lateness_ms.append(seconds * 1000)

    def say_lateness(self):
        lateness = sorted(self.lateness_ms) or [0.0]
        print(f"{len(self.lateness_ms)} answers, late by {sum(lateness) / len(lateness):.2f} ms on average, "
              f"p99 {lateness[len(lateness) * 99 // 100]:.2f} ms, at most {lateness[-1]:.1f} ms", flush=True)


async def main():
    upstream_port, factor, seed = sys.argv[1:]
    proxy = Proxy(int(upstream_port), float(factor), seed)
    server = await proxy.loop.create_server(lambda: Client(proxy), "127.0.0.1", 0, backlog=1024)
    stopped = asyncio.Event()
    proxy.loop.add_signal_handler(signal.SIGTERM, stopped.set)
    print(server.sockets[0].getsockname()[1], flush=True)
    # Reference counting frees objects: the collector's pauses would delay responses.
    gc.disable()
    await stopped.wait()
    proxy.say_lateness()


if len(sys.argv) != 4:
    sys.exit(__doc__)
asyncio.run(main())
