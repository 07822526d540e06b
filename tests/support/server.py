"""`otherwise serve` for tests: the process, its address, requests of any form."""

import http.client
import json
import os
import socket
import subprocess
import time

import command


class Server:
    """The command on a port of its own; use it as a context manager."""

    def __init__(self, folder, *arguments, port=0, environment=None, limit=60):
        self.process = subprocess.Popen(
            [command.COMMAND, "serve", "--port", str(port), *arguments],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
        )
        line = self.process.stdout.readline().decode().strip()
        if not line:
            self.process.wait(20 * command.PATIENCE)
            raise RuntimeError(self.process.stderr.read().decode())
        self.address = line
        self.host, port = line.split("/")[2].rsplit(":", 1)
        self.port = int(port)
        self.limit = limit * command.PATIENCE

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(20 * command.PATIENCE)
        self.process.stdout.close()
        self.process.stderr.close()

    def connection(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=self.limit)

    def ask(self, method, path, body=None, headers=None):
        """(status, headers, body) of one request."""
        wire = self.connection()
        try:
            data = json.dumps(body).encode() if isinstance(body, dict) else body
            usual = {"Content-Type": "application/json"} if body is not None else {}
            wire.request(method, path, data, usual | (headers or {}))
            reply = wire.getresponse()
            return reply.status, reply.headers, reply.read().decode("utf-8", "replace")
        finally:
            wire.close()

    def get(self, path, **headers):
        return self.ask("GET", path, headers=headers)

    def post(self, path, body, **headers):
        return self.ask("POST", path, body, headers)

    def events(self, path, body):
        """All events of a stream, as (name, data)."""
        status, headers, text = self.post(path, body)
        if status != 200 or headers["Content-Type"] != "text/event-stream":
            raise AssertionError((status, text))
        return list(parse_events(text))

    def raw(self, data, seconds=2.0):
        """What comes back for these bytes, within so many seconds."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=self.limit) as wire:
            try:
                wire.sendall(data)
            except OSError:
                pass  # it may be refused before all of it is sent
            wire.settimeout(seconds)
            answer = b""
            try:
                while piece := wire.recv(1 << 16):
                    answer += piece
            except OSError:
                pass
            return answer

    def memory(self):
        """Bytes resident."""
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as status:
            line = next(line for line in status if line.startswith("VmRSS:"))
        return int(line.split()[1]) * 1024

    def wait_for(self, condition, seconds=10):
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                raise AssertionError("waited in vain")
            time.sleep(0.02)


def parse_events(text):
    for block in text.split("\n\n"):
        lines = block.splitlines()
        if lines:
            name = lines[0].removeprefix("event: ")
            yield name, "\n".join(line.removeprefix("data: ") for line in lines[1:])


WORLDS = [
    {"name": "hot", "items": "temp:1.5"},
    {"name": "sad", "items": "steer:vector.gguf:1.5"},
    {"name": "edit", "items": "lora:lora.gguf:0.5"},
    {"name": "sub", "items": 'prefix:"Hm, "'},
]
PROMPTS = ["the house of the", "in a winter evening"]


class ServeCase(command.Case):
    """One server of the tiny model for all tests of a class."""

    arguments = ()

    def setUp(self):
        super().setUp()
        folder = self.folder / "files"
        folder.mkdir()
        for name in ("vector.gguf", "lora.gguf", "b.gguf"):
            (folder / name).write_bytes((self.folder / name).read_bytes())
        (self.folder / "secret.gguf").write_bytes(b"GGUF secret")
        (folder / "link.gguf").symlink_to(self.folder / "secret.gguf")
        environment = os.environ | self.own_cache
        self.server = Server(
            self.folder, "-m", "a.gguf", "-t", "1", "-n", "4", "--files", "files", *self.arguments, environment=environment
        )
        self.addCleanup(self.server.stop)

    def body(self, **more):
        return {"prompts": PROMPTS, "worlds": WORLDS, "tokens": 8, "seed": 3} | more

    def alive(self):
        """Still there, and still right."""
        status, _, text = self.server.get("/api/state")
        self.assertEqual((status, json.loads(text)["model"]), (200, "a.gguf"))
