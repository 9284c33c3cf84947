#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""How long a machine takes to join while somebody attacks the join service. Prints numbers, judges
nothing; the budget is beside them.

  bench_attack.py [--connections N] [--addresses N] [--probes N] [attack ...]

Each attack opens its connections from loopback addresses of its own and opens another one for each
that the service ends. The machine asks for the bootstrap, joins and says that it is ready."""

import argparse
import asyncio
import contextlib
import logging
import multiprocessing
import os
import re
import resource
import shutil
import socket
import ssl
import statistics
import subprocess
import tempfile
import threading
import time

BUDGET = 5.0  # seconds a machine may take to join under attack
PATIENCE = 20.0  # for one request; then the machine counts as kept out
TOKEN = "0123456789abcdef" * 4
FACTS = ('{"addresses":["127.0.0.1"],"hostname":"h","gpus":8,"gpu_model":"H100",'
         '"infiniband_ports":0,"infiniband_gbps":0,"memory_mib":1,"cpus":2,"os":"ubuntu-24.04",'
         '"wireguard_key":""}')


def tls_context():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def request(method, path, token, body=""):
    head = f"{method} {path} HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer {token}\r\n"
    if method == "POST":
        head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return (head + "\r\n" + body).encode()


# --- The attacks: each plays one connection to its end ----------------------------------------

def client_hello():
    outgoing = ssl.MemoryBIO()
    hello = tls_context().wrap_bio(ssl.MemoryBIO(), outgoing)
    with contextlib.suppress(ssl.SSLWantReadError):
        hello.do_handshake()
    return outgoing.read()


HELLO = client_hello()


async def until_ended(reader):
    while await reader.read(65536):
        pass


async def silent(reader, _):
    await until_ended(reader)


async def half_hello(reader, writer):
    writer.write(HELLO[:len(HELLO) // 2])
    await until_ended(reader)


async def slow_hello(reader, writer):
    for byte in HELLO[:-1]:
        writer.write(bytes([byte]))
        await asyncio.sleep(1)
        if reader.at_eof():
            return


async def garbage(reader, writer):
    writer.write(os.urandom(20_000))
    await until_ended(reader)


async def tls_silent(reader, _):
    await until_ended(reader)


async def slow_headers(reader, writer):
    writer.write(b"GET /v1/bootstrap HTTP/1.1\r\nX-More: ")
    while not reader.at_eof():
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(1)


async def large_bodies(reader, writer):
    head = request("POST", "/v1/join", "f" * 64, " " * 65_000)
    writer.write(head)
    await writer.drain()
    for _ in range(100):
        writer.write(b" " * 65_536)
        await writer.drain()
    await until_ended(reader)


async def wrong_tokens(reader, writer):
    writer.write(request("GET", "/v1/bootstrap", os.urandom(32).hex()))
    await until_ended(reader)


async def no_tokens(reader, writer):
    writer.write(b"GET /admin HTTP/1.1\r\n\r\n")
    await until_ended(reader)


PLAIN = {"silent": silent, "half-hello": half_hello, "slow-hello": slow_hello, "garbage": garbage}
OVER_TLS = {"tls-silent": tls_silent, "slow-headers": slow_headers, "large-bodies": large_bodies,
            "wrong-tokens": wrong_tokens, "no-tokens": no_tokens}


async def attack(name, port, connections, addresses, counted):
    play = PLAIN.get(name) or OVER_TLS[name]
    context = None if name in PLAIN else tls_context()

    async def attacker(number):
        address = f"127.66.{number % addresses // 250}.{1 + number % addresses % 250}"
        while True:
            writer = None
            try:
                try:
                    reader, writer = await asyncio.open_connection(
                        "127.0.0.1", port, local_addr=(address, 0), ssl=context)
                finally:
                    counted.value += 1
                await play(reader, writer)
            except (OSError, ssl.SSLError, asyncio.IncompleteReadError):
                await asyncio.sleep(0.01)
            finally:
                if writer:
                    writer.transport.abort()

    await asyncio.gather(*(attacker(number) for number in range(connections)))


def run_attack(name, port, connections, addresses, counted):
    os.nice(5)
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)  # it warns of each reset connection
    asyncio.run(attack(name, port, connections, addresses, counted))


# --- The machine ---------------------------------------------------------------------------------

def ask(port, source, text):
    """One request: the status. Connects again, as curl --retry does, until PATIENCE is over."""
    end = time.monotonic() + PATIENCE
    while True:
        try:
            with socket.create_connection(("127.0.0.1", port), 10, (source, 0)) as plain:
                with tls_context().wrap_socket(plain) as connection:
                    connection.sendall(text)
                    answer = b""
                    while part := connection.recv(65536):
                        answer += part
            return int(answer.split(b" ", 2)[1])
        except (OSError, ssl.SSLError, IndexError):
            if time.monotonic() > end:
                return 0
            time.sleep(0.2)


def join(port, source):
    """A whole join: its seconds, or nothing when the machine was kept out."""
    begun = time.monotonic()
    for status, text in ((200, request("GET", "/v1/bootstrap", TOKEN)),
                         (200, request("POST", "/v1/join", TOKEN, FACTS)),
                         (204, request("POST", "/v1/ready", TOKEN, "{}"))):
        if ask(port, source, text) != status:
            return None
    return time.monotonic() - begun


class Service:
    """The real join service with a desk that knows one token."""

    def __init__(self, program):
        self.folder = tempfile.mkdtemp(prefix="spillway-attack-")
        self.process = subprocess.Popen([program, self.folder], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        if self.process.stdout.readline() != "ready\n":
            raise SystemExit("bench: the join service did not start")
        with open(self.folder + "/user-data", encoding="ascii") as file:
            self.port = int(re.search(r"127\.0\.0\.1:(\d+)", file.read()).group(1))
        self.told = threading.Thread(target=self.process.stdout.read, daemon=True)
        self.told.start()

    def peak_mib(self):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as file:
            return int(re.search(r"VmHWM:\s+(\d+)", file.read()).group(1)) / 1024

    def cpu_seconds(self):
        with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def end(self):
        self.process.stdin.close()
        self.process.wait(PATIENCE)
        self.told.join()
        shutil.rmtree(self.folder)


def measure(program, name, options):
    service = Service(program)
    counted = multiprocessing.Value("L", 0)
    attackers = multiprocessing.Process(
        target=run_attack,
        args=(name, service.port, options.connections, options.addresses, counted))
    try:
        if name != "none":
            attackers.start()
            end = time.monotonic() + 20  # until each of them has been there once
            while counted.value < options.connections and time.monotonic() < end:
                time.sleep(0.1)
        begun, cpu = time.monotonic(), service.cpu_seconds()
        took = [join(service.port, f"127.0.0.{77 + number}") for number in range(options.probes)]
        share = (service.cpu_seconds() - cpu) / (time.monotonic() - begun)
        joined = [seconds for seconds in took if seconds is not None]
        middle = statistics.median(joined) if joined else float("nan")
        print(f"{name:<14} joined {len(joined)}/{len(took)}  median {middle:7.3f} s  worst "
              f"{max(joined, default=float('nan')):7.3f} s   budget {BUDGET:.0f}   attackers' "
              f"connections {counted.value:7}   cpu {100 * share:4.0f} %   "
              f"peak {service.peak_mib():5.0f} MiB", flush=True)
    finally:
        if attackers.pid:
            attackers.kill()
            attackers.join()
        service.end()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--connections", type=int, default=10_000)
    parser.add_argument("--addresses", type=int, default=4)
    parser.add_argument("--probes", type=int, default=5)
    parser.add_argument("attacks", nargs="*", default=["none", *PLAIN, *OVER_TLS])
    options = parser.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if hard < options.connections + 500:
        options.connections = hard - 500
        print(f"bench: only {options.connections} connections: the limit of open files is {hard}")
    program = os.path.join(os.environ.get("SPILLWAY_BUILD_DIR", "build"),
                           "tests/broker/join_test_service")
    print(f"{options.connections} connections from {options.addresses} addresses")
    for name in options.attacks:
        measure(program, name, options)


if __name__ == "__main__":
    main()
