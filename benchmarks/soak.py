"""A soak of `otherwise serve`: many clients for a long time, then as much memory, as many handles as before.

    python3 benchmarks/soak.py [--minutes N] [--clients N] [-m MODEL] [-o FILE]     # $OTHERWISE_COMMAND

Clients ask what pages ask, now and then something that makes no sense, and some leave in the middle of an answer.
Every request has to get an answer: a status, and a stream one that ends by `done` or `error`. The server keeps
contexts and answers up to --memory, so its memory grows until they are full, and no more then: the mean of the last
tenth of the time against that of the tenth (at least half a minute) around two thirds of it, and the most of all
against what there was at the start and twice --memory. Descriptors and threads are counted before the first client
and after the last has gone. Exits with 1 where a request got no answer, memory grew by more than 5 % and 8 MB at the
end or came to more than that, or a handle is left.
"""

import argparse
import collections
import http.client
import json
import os
import random
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(SOURCE / "tests" / "support"))
os.environ.setdefault("OTHERWISE_COMMAND", str(SOURCE / "build/release/otherwise"))

import tiny  # noqa: E402
from server import Server  # noqa: E402

PROMPTS = [f"the {a} of the {b}" for a in ("king", "river", "song", "house") for b in ("sea", "hill", "road")]
WORLDS = ("temp:1.5", "temp:0.7", "steer:vector.gguf:1.5", "steer:vector.gguf:0.5", "lora:lora.gguf", 'prefix:"Hm, "',
          "top-k:5", 'do:1:" the"')  # fmt: skip
MEGABYTE = 1 << 20
SETTLE = 30  # seconds: connections without a request end after 20


class Tally:
    def __init__(self):
        self.lock = threading.Lock()
        self.answers = collections.Counter()
        self.unanswered = []

    def answer(self, kind, status):
        with self.lock:
            self.answers[f"{kind} {status}"] += 1

    def none(self, kind, why):
        with self.lock:
            self.unanswered.append(f"{kind}: {why}")


class Client(threading.Thread):
    def __init__(self, number, port, end, tally):
        super().__init__(daemon=True)
        self.number, self.port, self.end, self.tally = number, port, end, tally
        self.chance = random.Random(number)

    def run(self):
        asks = (self.page, self.short, self.nonsense, self.run_study, self.run_study, self.run_study, self.leave,
                self.token)  # fmt: skip
        while time.monotonic() < self.end:
            ask = self.chance.choice(asks)
            try:
                ask()
            except (OSError, http.client.HTTPException, ValueError) as error:
                self.tally.none(ask.__name__, repr(error))
            time.sleep(self.chance.expovariate(2.0))

    def wire(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)

    def body(self):
        worlds = [{"name": f"w{i}", "items": items} for i, items in enumerate(self.chance.sample(WORLDS, 2))]
        return {"prompts": self.chance.sample(PROMPTS, self.chance.randrange(1, 3)), "worlds": worlds,
                "tokens": self.chance.choice((4, 8, 16)), "seed": self.chance.randrange(3),
                "session": f"client{self.number}"}  # fmt: skip

    def ask(self, method, path, body=None):
        """The status and body of a request on a connection of its own."""
        wire = self.wire()
        try:
            data = json.dumps(body).encode() if isinstance(body, dict) else body
            wire.request(method, path, data, {"Content-Type": "application/json"} if data else {})
            reply = wire.getresponse()
            return reply.status, reply.read().decode("utf-8", "replace")
        finally:
            wire.close()

    def page(self):
        for path in ("/", "/api/state"):
            self.tally.answer(path, self.ask("GET", path)[0])

    def short(self):
        path = self.chance.choice(("/api/study", "/api/command"))
        self.tally.answer(path, self.ask("POST", path, self.body())[0])

    def nonsense(self):
        path, body = self.chance.choice((("/api/run", b"{"), ("/api/law", b'{"prompts": []}'), ("/none", None),
                                         ("/api/run", b'{"prompts": ["a"], "tokens": 1e9}')))  # fmt: skip
        self.tally.answer("nonsense", self.ask("GET" if body is None else "POST", path, body)[0])

    def run_study(self):
        status, text = self.ask("POST", "/api/run", self.body())
        if status == 200:
            ends = [line for line in text.splitlines() if line in ("event: done", "event: error")]
            if not ends:
                self.tally.none("run_study", f"a stream without an end, {text[-200:]!r}")
                return
            status = f"200 {ends[-1].removeprefix('event: ')}"
        self.tally.answer("/api/run", status)

    def token(self):
        more = {"string": "1", "position": 1, "top": 4}
        self.tally.answer("/api/token", self.ask("POST", "/api/token", self.body() | more)[0])

    def leave(self):
        wire = self.wire()
        wire.request("POST", "/api/run", json.dumps(self.body() | {"tokens": 64}), {"Content-Type": "application/json"})
        reply = wire.getresponse()
        reply.read(10)
        wire.close()
        self.tally.answer("left", reply.status)


def handles(process):
    return {"descriptors": len(os.listdir(f"/proc/{process}/fd")), "threads": len(os.listdir(f"/proc/{process}/task"))}


def watch(server, seconds):
    """(time, resident bytes) each second."""
    start, seen = time.monotonic(), []
    while (now := time.monotonic() - start) < seconds and server.process.poll() is None:
        seen.append((now, server.memory()))
        time.sleep(1)
    return seen


def settled(server, before):
    """Handles once they are as before, or after a while."""
    end = time.monotonic() + SETTLE
    while time.monotonic() < end and handles(server.process.pid) != before:
        time.sleep(0.5)
    return handles(server.process.pid)


def soak(server, arguments):
    threading.Thread(target=lambda: collections.deque(server.process.stderr, maxlen=0), daemon=True).start()
    first = Client(0, server.port, 0, Tally())
    for ask in (first.page, first.short, first.run_study, first.token):  # what it makes at its first request
        ask()
    time.sleep(SETTLE)
    before, tally = handles(server.process.pid), Tally()
    seconds = arguments.minutes * 60
    clients = [Client(i, server.port, time.monotonic() + seconds, tally) for i in range(arguments.clients)]
    for client in clients:
        client.start()
    seen = watch(server, seconds)
    for client in clients:
        client.join(150)
    late = [f"client {client.number}: still waiting" for client in clients if client.is_alive()]
    part = max(30.0, seconds / 10)
    full = seconds * 2 / 3 - part / 2
    first = statistics.mean(memory for at, memory in seen if full <= at < full + part)
    last = statistics.mean(memory for at, memory in seen if at >= seconds - part)
    return {
        "minutes": arguments.minutes, "clients": arguments.clients, "requests": sum(tally.answers.values()),
        "answers": dict(sorted(tally.answers.items())), "unanswered": tally.unanswered + late,
        "memory_mb": {"start": round(seen[0][1] / MEGABYTE, 1), "full": round(first / MEGABYTE, 1), "last": round(last / MEGABYTE, 1),
                      "most": round(max(memory for _, memory in seen) / MEGABYTE, 1),
                      "on_the_way": [round(memory / MEGABYTE, 1) for _, memory in seen[:: max(1, len(seen) // 20)]]},
        "before": before, "after": settled(server, before), "alive": server.process.poll() is None,
    }  # fmt: skip


def faults(found, kept):
    """What is wrong, of a server that keeps so many MB."""
    memory = found["memory_mb"]
    if not found["alive"]:
        yield "the server died"
    if found["unanswered"]:
        yield f"{len(found['unanswered'])} requests without an answer, the first {found['unanswered'][0]}"
    if memory["last"] > max(memory["full"] * 1.05, memory["full"] + 8):
        yield f"memory grew from {memory['full']} to {memory['last']} MB"
    if memory["most"] > memory["start"] + 2 * kept:
        yield f"memory came to {memory['most']} MB, of which {kept} are for what is kept"
    for what, count in found["before"].items():
        if found["after"][what] > count:
            yield f"{found['after'][what]} {what}, {count} before"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--memory", type=int, default=100, help="MB that the server may keep [100]")
    parser.add_argument("-m", "--model", help="[a tiny one]")
    parser.add_argument("-o", "--output", type=Path, help="what was found, as JSON")
    arguments = parser.parse_args()
    if arguments.minutes * 60 < 100:
        parser.error("expected 2 minutes or more, for a warm-up and two stretches of half a minute")
    with tempfile.TemporaryDirectory() as folder:
        files = Path(folder) / "files"
        files.mkdir()
        tiny.write_model(Path(folder) / "a.gguf")
        tiny.write_lora(files / "lora.gguf")
        tiny.write_vector(files / "vector.gguf")
        model = str(Path(arguments.model).resolve()) if arguments.model else "a.gguf"
        with Server(folder, "-m", model, "-t", "1", "-n", "8", "--files", "files", "--memory", f"{arguments.memory}M") as server:
            found = soak(server, arguments)
    text = json.dumps(found, indent=1)
    print(text)
    if arguments.output:
        arguments.output.write_text(text + "\n", encoding="utf-8")
    wrong = list(faults(found, arguments.memory))
    for line in wrong:
        print(line, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
