"""`otherwise serve` over the wire: its API gives what `run` and `law` give, and harm does none."""

import json
import os
import random
import re
import select
import signal
import socket
import string
import subprocess
import time
from http.client import HTTPException

import command
from server import Server, parse_events

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


class Api(ServeCase):
    def lines(self, what, *more):
        flags = [flag for world in WORLDS for flag in ("--world", world["name"] + "=" + world["items"])]
        prompts = [flag for prompt in PROMPTS for flag in ("-p", prompt)]
        result = self.call(
            what, "-m", "a.gguf", "-t", "1", "-n", "8", "--seed", "3", "--null", "--no-nudge",
            "--jsonl", "-", "-q", *prompts, *flags, *more, folder=self.folder,
        )  # fmt: skip
        return sorted(self.done(result).splitlines())

    def events(self, **more):
        return self.server.events("/api/run", self.body(null=True, **more))

    def test_strings_and_laws_are_those_of_the_command(self):
        events = self.events()
        for name, what in (("pair", "run"), ("law", "law")):
            with self.subTest(name):
                mine = sorted(data for event, data in events if event == name)
                self.assertEqual(mine, self.lines(what))
        self.assertEqual(events[-1][0], "done")

    def test_the_sample_of_that_number(self):
        events = self.events(sample=2)
        for name, what in (("pair", "run"), ("law", "law")):
            all_samples = self.lines(what, "--samples", "3")
            third = [line for line in all_samples if json.loads(line)["sample"] == 2]
            self.assertEqual(sorted(data for event, data in events if event == name), third)

    def test_another_strength_evaluates_one_world(self):
        self.events(session="s")
        WORLDS[1]["items"] = "steer:vector.gguf:0.5"
        self.addCleanup(WORLDS[1].update, items="steer:vector.gguf:1.5")
        events = self.events(session="s")
        done = json.loads(events[-1][1])
        self.assertEqual((done["evaluated"], done["anew"]), (["sad"], False))
        self.assertEqual(sorted(data for event, data in events if event == "pair"), self.lines("run"))
        worlds = {json.loads(data)["world"] for event, data in events if event == "tokens"}
        self.assertEqual(worlds, {"sad"})

    def test_tokens_stream_into_the_strings(self):
        grown = {}
        for event, data in self.events():
            if event == "tokens":
                piece = json.loads(data)
                tokens = grown.setdefault((piece["world"], piece["string"]), [])
                tokens[piece["position"] :] = piece["tokens"]
            elif event == "pair":
                pair = json.loads(data)
                key = (pair["world"], pair["string"])
                self.assertEqual(grown[key], pair["counterfactual"]["tokens"])
                self.assertEqual(grown["factual", pair["string"]], pair["factual"]["tokens"])

    def test_own_text_in_hindsight(self):
        self.write("own.jsonl", json.dumps({"id": "1", "prompt": "the house", "text": " of the king"}) + "\n")
        expected = self.done(
            self.call("run", "-m", "a.gguf", "-t", "1", "-f", "own.jsonl", "--world", "hot=temp:1.5",
                      "--no-null", "--jsonl", "-", "-q")  # fmt: skip
        )
        body = {"strings": [{"prompt": "the house", "text": " of the king"}], "worlds": WORLDS[:1]}
        events = self.server.events("/api/run", body)
        self.assertEqual([data for event, data in events if event == "pair"], expected.splitlines())

    def question(self, path, *arguments, **fields):
        """The API's answer, and the command's with these arguments."""
        status, _, text = self.server.post(path, self.body(worlds=WORLDS[:2], **fields))
        self.assertEqual(status, 200, text)
        flags = [flag for world in WORLDS[:2] for flag in ("--world", world["name"] + "=" + world["items"])]
        prompts = [flag for prompt in PROMPTS for flag in ("-p", prompt)]
        printed = self.call("law", "-m", "a.gguf", "-t", "1", "-n", "8", "--seed", "3", "--no-null",
                            "--no-nudge", "--json", "-q", *prompts, *flags, *arguments)  # fmt: skip
        return json.loads(text), json.loads(self.done(printed))

    def test_one_token_a_threshold_a_sweep(self):
        mine, other = self.question("/api/token", "--law-at", "2:3", "--top", "5", string="2", position=3, top=5)
        self.assertEqual(mine, other)
        mine, other = self.question("/api/threshold", "--threshold", "sad.scale=0:4", threshold="sad.scale=0:4")
        self.assertEqual(mine, other)
        mine, other = self.question("/api/sweep", "--sweep", "sad.scale=0:2:1", sweep="sad.scale=0:2:1")
        self.assertEqual(mine, other)

    def test_the_table_of_laws(self):
        mine, other = self.question("/api/law")
        self.assertEqual(mine["worlds"], other["worlds"])

    def test_a_table_of_strings_and_its_run_file(self):
        body = self.body(prompts=[f"the house {i}" for i in range(6)])
        events = self.server.events("/api/table", body)
        result = json.loads(events[-1][1])
        self.assertEqual((events[-1][0], result["strings"]), ("result", 6))
        self.assertIn(("progress"), [event for event, _ in events])
        wire = self.server.connection()
        wire.request("POST", "/api/save", json.dumps(body), {"Content-Type": "application/json"})
        (self.folder / "saved.db").write_bytes(wire.getresponse().read())
        wire.close()
        page = self.call("report", "saved.db", "-o", "-")
        self.assertIn("<!doctype html>", self.done(page))
        status, headers, text = self.server.post("/api/report", body)
        self.assertEqual((status, headers["Content-Type"]), (200, "text/html; charset=utf-8"))
        self.assertIn("What was on the screen", text)

    def test_command_and_study_write_the_same_strings(self):
        body = self.body(worlds=WORLDS[:1], sample=1)
        line = self.server.post("/api/command", body)[2].strip()
        self.assertTrue(line.startswith("otherwise run -m a.gguf -p 'the house of the'"), line)
        shell = line.replace("otherwise", command.COMMAND, 1) + " -t 1 --no-null --jsonl - -q"
        output = subprocess.run(shell, shell=True, cwd=self.folder, capture_output=True, check=True, timeout=60)
        pairs = [data for event, data in self.server.events("/api/run", body) if event == "pair"]
        self.assertTrue(set(pairs) <= set(output.stdout.decode().splitlines()))
        self.assertEqual(len(pairs), 2)
        self.write("study.toml", self.server.post("/api/study", self.body())[2])
        self.done(self.call("run", "study.toml", "-t", "1", "-q"))

    def test_files_and_what_they_are(self):
        files = json.loads(self.server.get("/api/files")[2])
        self.assertEqual([file["name"] for file in files], ["b.gguf", "lora.gguf", "vector.gguf"])
        facts = json.loads(self.server.get("/api/inspect?file=vector.gguf")[2])
        self.assertEqual(facts["kind"], "control_vector")
        self.assertEqual(self.server.get("/api/inspect?file=link.gguf")[0], 400)
        self.assertEqual(self.server.get("/api/inspect?file=../secret.gguf")[0], 400)
        self.assertEqual(self.server.get("/api/inspect")[0], 400)


class Docs(ServeCase):
    """docs/serve.md: its requests, as they stand there."""

    def test_the_requests_of_the_page(self):
        page = (command.SOURCE / "docs" / "serve.md").read_text(encoding="utf-8")
        blocks = re.findall(r"```sh\n(.*?)```", page, re.DOTALL)
        self.assertEqual(len(blocks), 4)
        answers = []
        for block in blocks:
            here = block.replace("http://127.0.0.1:8080/", self.server.address).replace("sad.gguf", "vector.gguf")
            result = subprocess.run(here, shell=True, capture_output=True, check=True, timeout=60)
            answers.append(result.stdout.decode())
            self.assertNotIn("error", answers[-1])
        self.assertEqual([name for name, _ in parse_events(answers[0])][-1], "done")
        self.assertEqual(json.loads(answers[1])[0]["world"], "hot")
        self.assertEqual(json.loads(answers[2])[0]["string"], "1")
        self.assertIn('"control_vector"', answers[3])

    def test_every_path_is_there(self):
        page = (command.SOURCE / "docs" / "serve.md").read_text(encoding="utf-8")
        for method, path in set(re.findall(r"`(GET|POST) (/api/[a-z]+)", page)):
            status = self.server.ask(method, path, b"{}" if method == "POST" else None)[0]
            self.assertIn(status, (200, 400), path)


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
        self.assertLess(time.monotonic() - start, 10)
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
        self.assertLess(time.monotonic() - start, 20)

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
        self.assertLess(time.monotonic() - start, 30)
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


class Token(ServeCase):
    arguments = ("--host", "0.0.0.0")

    def test_the_token_moves_into_a_cookie(self):
        token = self.server.address.split("token=")[1]
        self.assertRegex(token, "^[0-9a-f]{64}$")
        self.assertEqual(self.server.get("/")[0], 401)
        self.assertEqual(self.server.get("/api/state")[0], 401)
        self.assertEqual(self.server.get("/?token=" + token[:-1] + "x")[0], 401)
        status, headers, text = self.server.get("/?token=" + token)
        self.assertEqual((status, headers["Location"]), (303, "/"))
        self.assertNotIn(token, text)
        cookie = headers["Set-Cookie"]
        self.assertIn("HttpOnly", cookie)
        self.assertIn("SameSite=Strict", cookie)
        self.assertEqual(self.server.get("/", Cookie=cookie.split(";")[0])[0], 200)
        self.assertEqual(self.server.get("/api/state", Cookie=cookie.split(";")[0])[0], 200)
        self.assertEqual(self.server.get("/api/state", Cookie=f"otherwise-{self.server.port}=x")[0], 401)


class Process(ServeCase):
    def test_ends_at_once(self):
        for sign in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(sign):
                with Server(self.folder, "-m", "a.gguf", "-t", "1", environment=os.environ | self.own_cache) as server:
                    wire = server.connection()
                    wire.request("POST", "/api/run", json.dumps(self.body(prompts=["the"] * 100, tokens=200)),
                                 {"Content-Type": "application/json"})  # fmt: skip
                    wire.getresponse().read(10)
                    start = time.monotonic()
                    server.process.send_signal(sign)
                    self.assertEqual(server.process.wait(10), 0)
                    self.assertLess(time.monotonic() - start, 2)
                    wire.close()

    def test_one_line_with_the_address(self):
        self.assertEqual(self.server.address, f"http://127.0.0.1:{self.server.port}/")
        port = str(self.server.port)
        taken = self.call("serve", "-m", "a.gguf", "-t", "1", "--port", port)
        self.refused(taken, 2, "a free port of 127.0.0.1 (--port)", "which is taken; --port")
        self.assertEqual(taken.stdout, b"")

    def test_misuse(self):
        self.refused(self.call("serve", "-m", "none.gguf"), 1, "none.gguf")
        self.refused(self.call("serve", "-m", "a.gguf", "--files", "none"), 2, "a folder (--files)", "'none'")
        self.refused(self.call("serve", "-m", "a.gguf", "--port", "65536"), 2, "--port")
        help_text = self.done(self.call("serve", "--help"))
        self.assertIn("otherwise serve -m model.gguf --files adapters", help_text)
        self.assertNotIn("--dry-run", help_text)
