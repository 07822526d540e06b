"""Harm to `otherwise serve`, which does none: a sentence and 4xx, the server alive, its memory bounded."""

import json
import random
import select
import socket
import string
import time
from http.client import HTTPException

from command import PATIENCE
from server import ServeCase


class Harm(ServeCase):
    def refused(self, reply, *statuses):
        status, headers, text = reply
        self.assertIn(status, statuses, text)
        self.assertEqual(headers["Content-Type"], "application/json")
        sentence = json.loads(text)
        self.assertEqual(list(sentence), ["error"])
        self.assertTrue(sentence["error"].startswith("expected "), sentence)
        self.assertNotIn("\n", sentence["error"])

    def test_paths_lead_nowhere(self):
        for path in (
            "/../../etc/passwd", "/static/../../../etc/passwd", "/static/%2e%2e/%2e%2e/etc/passwd", "//etc/passwd",
            "/static/..%2f..%2fa.gguf", "/files/a.gguf", "/.git/config", "/static/", "/api/", "/api/none",
            "/api/state/", "/static/live.css%00.js", "/" + "a" * 5000, "/%ff%fe", "/static\\..\\a.gguf",
        ):  # fmt: skip
            with self.subTest(path):
                self.refused(self.server.get(path), 400, 404, 414)
        self.alive()

    def test_other_hosts_origins_methods_types(self):
        own = f"127.0.0.1:{self.server.port}"
        for headers, status in (
            ({"Host": "evil.example"}, 421), ({"Host": f"evil.example:{self.server.port}"}, 421), ({"Host": ""}, 421),
            ({"Host": own, "Origin": "http://evil.example"}, 403), ({"Host": own, "Origin": "null"}, 403),
            ({"Host": own, "Sec-Fetch-Site": "cross-site"}, 403),
        ):  # fmt: skip
            with self.subTest(headers):
                self.refused(self.server.ask("GET", "/api/state", headers=headers), status)
                self.refused(self.server.ask("POST", "/api/run", b"{}", headers), status)
        for method in ("PUT", "DELETE", "OPTIONS", "PATCH", "TRACE"):
            self.refused(self.server.ask(method, "/api/run", b"{}"), 400, 405)
        self.refused(self.server.post("/api/run", b"{}", **{"Content-Type": "text/plain"}), 415)
        self.alive()

    def test_bodies_that_make_no_sense(self):
        for body in (
            b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 100_000, b'{"a":' * 50_000, b"{}", {"prompts": []},
            {"prompts": ["a"], "worlds": [{"name": "x", "items": "nothing:1"}]},
            {"prompts": ["a"], "worlds": [{"name": "x", "items": "model:secret.gguf"}]},
            {"prompts": ["a"], "worlds": [{"name": "x", "items": "model:../secret.gguf"}]},
            {"prompts": ["a"], "worlds": [{"name": "x", "items": "steer:link.gguf"}]},
            {"prompts": ["a"], "worlds": [{"name": "x", "items": "prefix:@/etc/passwd"}]},
            {"prompts": ["a"], "worlds": [{"name": "../x", "items": "temp:1"}]},
            {"prompts": ["a"], "tokens": 10**9}, {"prompts": ["a"], "seed": 1e300}, {"prompts": ["a" * 30_000]},
            {"prompts": ["a"] * 1000}, {"prompts": ["a"], "unknown": 1},
        ):  # fmt: skip
            with self.subTest(str(body)[:60]):
                for path in ("/api/run", "/api/token", "/api/study"):
                    self.refused(self.server.post(path, body), 400)
        self.alive()

    def test_studies_that_cannot_be_run(self):
        for more in (
            {"prompts": ["word " * 400]}, {"temperature": -1}, {"top_p": 7},
            {"worlds": [{"name": "x", "items": "temp:nan"}]}, {"worlds": [{"name": "x", "items": 'do:99:" the"'}]},
        ):  # fmt: skip
            with self.subTest(str(more)[:60]):
                status, _, text = self.server.post("/api/run", self.body(**more))
                if status == 200:
                    self.assertIn("event: error\ndata: {\"error\":\"expected ", text)
                else:
                    self.assertEqual(status, 400)
        self.alive()

    def test_large_and_endless_bodies(self):
        large = b'{"prompts": ["' + b"a" * (2 << 20) + b'"]}'
        head = f"POST /api/run HTTP/1.1\r\nHost: 127.0.0.1:{self.server.port}\r\nContent-Type: application/json\r\n"
        before = self.server.memory()
        for data in (
            head.encode() + f"Content-Length: {len(large)}\r\n\r\n".encode() + large,
            head.encode() + b"Content-Length: 99999999999\r\n\r\n" + b"a" * (4 << 20),
            head.encode() + b"Content-Length: -1\r\n\r\n{}",
            head.encode() + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{} ",
            head.encode() + b"Transfer-Encoding: chunked\r\n\r\n" + b"10000\r\n" * 1 + (b"a" * 65536 + b"\r\n10000\r\n") * 64,
            head.encode() + b"Transfer-Encoding: gzip\r\n\r\nxx",
            head.encode() + b"X: " + b"a" * 100_000 + b"\r\n\r\n",
            head.encode() + b"X: y\r\n" * 5_000 + b"\r\n",
            b"GET / HTTP/1.1\r\n\r\n", b"GET /\r\n\r\n", b"\x16\x03\x01\x02\x00", b"\r\n" * 1000,
            b"GET http://evil.example/ HTTP/1.1\r\nHost: evil.example\r\n\r\n",
        ):  # fmt: skip
            with self.subTest(data[:90]):
                answer = self.server.raw(data)
                if answer:
                    self.assertRegex(answer.split(b"\r\n")[0], rb"^HTTP/1.1 4\d\d ")
        self.alive()
        self.assertLess(self.server.memory() - before, 64 << 20)

    def test_idle_connections_do_no_harm(self):
        idle = [socket.create_connection(("127.0.0.1", self.server.port)) for _ in range(200)]
        for wire in idle[:100]:
            wire.sendall(b"POST /api/run HTTP/1.1\r\nHost: ")  # and no more
        start = time.monotonic()
        self.alive()
        self.assertTrue(self.server.events("/api/run", self.body()))
        self.assertLess(time.monotonic() - start, 10 * PATIENCE)
        for wire in idle:
            wire.close()
        self.alive()

    def test_more_connections_than_it_serves(self):
        idle = [socket.create_connection(("127.0.0.1", self.server.port)) for _ in range(450)]
        for wire in idle:
            wire.settimeout(5)
        self.server.wait_for(lambda: any(select.select(idle, [], [], 0)[0]))
        closed = [wire for wire in idle if select.select([wire], [], [], 0)[0]]
        self.assertLessEqual(len(closed), 60, "as many as there are too many")
        self.assertEqual(closed[0].recv(1), b"")
        for wire in idle:
            wire.close()
        self.server.wait_for(lambda: self.server.raw(b"", 0.1) == b"")
        self.alive()

    def test_a_client_that_goes_away_ends_its_work(self):
        for _ in range(20):
            wire = self.server.connection()
            wire.request("POST", "/api/run", json.dumps(self.body(prompts=["the"] * 50, tokens=100)),
                         {"Content-Type": "application/json"})  # fmt: skip
            wire.getresponse().read(10)
            wire.close()
        start = time.monotonic()
        self.server.events("/api/run", self.body())
        self.assertLess(time.monotonic() - start, 20 * PATIENCE)

    def test_a_client_that_takes_nothing_holds_nobody_up(self):
        body = self.body(prompts=["the"] * 100, tokens=200)
        wires = [self.server.connection() for _ in range(3)]
        for wire in wires:
            wire.connect()
            wire.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            wire.request("POST", "/api/run", json.dumps(body), {"Content-Type": "application/json"})
        time.sleep(0.5)
        start = time.monotonic()
        self.assertEqual(self.server.events("/api/run", self.body())[-1][0], "done")
        self.assertLess(time.monotonic() - start, 30 * PATIENCE)
        for wire in wires:
            wire.close()

    def test_requests_at_random(self):
        chance = random.Random(7)
        letters = string.printable
        before = self.server.memory()
        wire = self.server.connection()
        for i in range(10_000):
            kind = chance.randrange(4)
            method = chance.choice(("GET", "POST", "HEAD", "PUT"))
            path = "/" + "".join(chance.choice("abcdefs./%-_~?=&") for _ in range(chance.randrange(30)))
            body = None
            if kind == 1:
                path, method = chance.choice(("/api/run", "/api/token", "/api/study", "/api/law")), "POST"
                body = "".join(chance.choice(letters) for _ in range(chance.randrange(80))).encode()
            elif kind == 2:
                path, method = "/api/study", "POST"
                items = "".join(chance.choice("temp:lora,1.5@=;\"steer/") for _ in range(chance.randrange(30)))
                body = json.dumps({"prompts": ["a"], "worlds": [{"name": "x", "items": items}]}).encode()
            headers = {"Content-Type": "application/json"} if body is not None else {}
            try:
                wire.request(method, path, body, headers)
                reply = wire.getresponse()
                text = reply.read()
            except (OSError, ValueError) as error:  # closed after a refusal
                self.assertNotIsInstance(error, TimeoutError, (i, method, path))
                wire.close()
                wire = self.server.connection()
                continue
            except HTTPException:
                wire.close()
                wire = self.server.connection()
                continue
            self.assertTrue(reply.status < 500, (i, method, path, body, text))
            if reply.will_close:
                wire.close()
                wire = self.server.connection()
        wire.close()
        self.alive()
        self.assertLess(self.server.memory() - before, 64 << 20)
