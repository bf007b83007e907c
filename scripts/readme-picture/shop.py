#!/usr/bin/env python3
"""Writes JMeter results of a made-up shop that saturates: `shop.py > shop.jtl`.

300 users ramp up over 8 minutes. The shop answers at most 500 requests per second, which about 130
users send: above that, response times rise. At 9:00 its database fails over: for 12 s every request
waits, and most fail. The seed is fixed, so the file is always the same.
"""

import heapq
import math
import random

START_MS = 1_764_054_000_000  # 2025-11-25 07:00:00 UTC
USERS, RAMP_UP_MS, RUN_MS = 300, 480_000, 720_000
THINK_MS = 200
CAPACITY_PER_MS = 0.5
FAILOVER = range(540_000, 552_000)
# Label, share of requests, median service time in ms, bytes.
PAGES = [
    ("GET /products", 0.60, 24, 9_200),
    ("GET /search", 0.25, 45, 14_800),
    ("POST /checkout", 0.15, 70, 1_900),
]
COLUMNS = (
    "timeStamp,elapsed,label,responseCode,responseMessage,threadName,dataType,success,"
    "failureMessage,bytes,sentBytes,grpThreads,allThreads,URL,Latency,IdleTime,Connect"
)


def main():
    chance = random.Random(16)
    rows = []
    server_free = 0.0
    # When each user sends next.
    turns = [(user * RAMP_UP_MS / USERS, user) for user in range(USERS)]
    heapq.heapify(turns)
    while turns:
        now, user = heapq.heappop(turns)
        if now >= RUN_MS:
            continue
        label, _, median, size = chance.choices(PAGES, [share for _, share, _, _ in PAGES])[0]
        # One queue in front of the server: on average a request leaves it every 2 ms.
        server_free = max(server_free, now) + chance.expovariate(CAPACITY_PER_MS)
        service = median * math.exp(chance.gauss(0, 0.35))
        elapsed = server_free - now + service
        is_failed = chance.random() < 0.0004
        if int(now) in FAILOVER:
            is_failed = chance.random() < 0.7
            elapsed += chance.uniform(300, 700)
        if is_failed:
            size = 310
        code, message = ("503", "Service Unavailable") if is_failed else ("200", "OK")
        active = min(USERS, 1 + int(now * USERS / RAMP_UP_MS))
        started = START_MS + int(now)
        connect = chance.randrange(1, 4) if chance.random() < 0.02 else 0
        latency = max(connect, int(elapsed) - chance.randrange(0, 4))
        path = label.split()[1]
        row = (
            f"{started},{int(elapsed)},{label},{code},{message},Users 1-{user + 1},text,"
            f"{'false' if is_failed else 'true'},,{size + chance.randrange(200)},"
            f"{260 + chance.randrange(40)},{active},{active},https://shop.example{path},"
            f"{latency},0,{connect}"
        )
        rows.append((started + int(elapsed), row))
        heapq.heappush(turns, (now + elapsed + chance.expovariate(1 / THINK_MS), user))
    rows.sort()
    print(COLUMNS)
    for _, row in rows:
        print(row)


if __name__ == "__main__":
    main()
