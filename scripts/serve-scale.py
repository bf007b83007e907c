#!/usr/bin/env python3
"""Opens 20,000 keep-alive connections to perfkit serve at once: is each answered, and what does one cost?

Builds perfkit, starts it on a free port and opens the connections from four processes, each with its
own source address (one address has 28,000 ports). Every connection sends a request when it is opened,
and another when all are open. Then compares the server's memory with that before the first connection.
Prints a verdict; exits 1 if it is FAIL. Takes seconds.

    scripts/serve-scale.py [CONNECTIONS]
"""

import multiprocessing
import pathlib
import re
import resource
import socket
import sys

from server import Perfkit

CLIENTS = 4
BYTES_PER_CONNECTION = 16 * 1024
# Files that the server needs for other things, and the connection that reads its metrics.
FILES_KEPT = 64 + 1


def main():
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    connections = min(wanted, allow_open_files(wanted + FILES_KEPT) - FILES_KEPT)
    if connections < wanted:
        print(f"note: the open-file limit allows {connections} connections, not {wanted}")
    with Perfkit() as perfkit:
        passed = measure(perfkit.process.pid, perfkit.port, connections)
        summary, ended_well = perfkit.stop()
    print(summary)
    passed &= ended_well
    print("PASS" if passed else "FAIL")
    sys.exit(not passed)


def allow_open_files(wanted):
    """Raises the limit for this process and its children, and returns the new limit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < wanted:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, wanted))
            return wanted
        except (ValueError, OSError):
            pass  # Only root may, and not everywhere.
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def measure(server, port, connections):
    """Opens the connections, prints the results, and returns whether all is well."""
    ask(socket.create_connection(("127.0.0.1", port)))  # What the first request needs once.
    before = resident(server)
    shares = [connections // CLIENTS + (n < connections % CLIENTS) for n in range(CLIENTS)]
    clients = [Client(f"127.0.0.{2 + n}", port, share) for n, share in enumerate(shares)]
    opened = sum(client.wait() for client in clients)
    idle = resident(server)
    for client in clients:
        client.go_on()
    answered = sum(client.wait() for client in clients)
    after = resident(server)
    metrics = fetch(port, "/metrics")
    open_now = int(re.search(r"^perfkit_connections_open (\d+)", metrics, re.M)[1])
    for client in clients:
        client.go_on()
        client.process.join()
    each = (max(idle, after) - before) / connections
    print(f"connections asked for          {connections:>8}")
    print(f"answered when opened           {opened:>8}")
    print(f"open at once, by the server    {open_now - 1:>8}")
    print(f"answered with all open         {answered:>8}")
    print(f"server's memory before         {before / 1024:>8.0f} KiB")
    print(f"server's memory, all idle      {after / 1024:>8.0f} KiB")
    print(f"memory per idle connection     {each / 1024:>8.1f} KiB (at most 16)")
    everyone = opened == answered == open_now - 1 == connections
    return everyone and each <= BYTES_PER_CONNECTION


class Client:
    """A process with connections from one source address."""

    def __init__(self, source, port, connections):
        self.pipe, theirs = multiprocessing.Pipe()
        self.process = multiprocessing.Process(
            target=client, args=(source, port, connections, theirs), daemon=True
        )
        self.process.start()

    def wait(self):
        """Returns how many connections were answered."""
        return self.pipe.recv()

    def go_on(self):
        self.pipe.send(True)


def client(source, port, connections, pipe):
    sockets = []
    for _ in range(connections):
        try:
            sockets.append(socket.create_connection(("127.0.0.1", port), 30, (source, 0)))
        except OSError as error:
            print(f"cannot connect from {source}: {error}", file=sys.stderr)
            break
    for _ in range(2):
        pipe.send(ask_all(sockets))
        pipe.recv()


def ask_all(sockets):
    """Sends on all connections before it reads from any, and returns the number of right answers."""
    for number, connection in enumerate(sockets):
        path = f"/fibo/{10 + number % 991}"
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    return sum(is_right(number, connection) for number, connection in enumerate(sockets))


def is_right(number, connection):
    try:
        answer = connection.recv(4096)
    except OSError:
        return False
    index = 10 + number % 991
    return answer.startswith(b"HTTP/1.1 200 ") and answer.endswith(f'"index":"{index}"}}\n'.encode())


def ask(connection):
    return ask_all([connection])


def fetch(port, path):
    with socket.create_connection(("127.0.0.1", port), 30) as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        return b"".join(iter(lambda: connection.recv(65536), b"")).decode()


def resident(process):
    """Memory of a process that is in RAM, in bytes."""
    status = pathlib.Path(f"/proc/{process}/status").read_text()
    return int(re.search(r"^VmRSS:\s+(\d+) kB", status, re.M)[1]) * 1024


if __name__ == "__main__":
    main()
