"""`otherwise serve` over the wire: its API gives what `run` and `law` give."""

import json
import os
import re
import shutil
import signal
import subprocess
import time
import unittest

import command
import tiny
from command import PATIENCE
from server import PROMPTS, WORLDS, ServeCase, Server, parse_events


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

    def test_the_first_page_has_its_answer(self):
        environment = os.environ | self.own_cache
        world = ("--world", "sad=steer:files/vector.gguf:1.5")
        with Server(self.folder, "-m", "a.gguf", "-t", "1", "-n", "6", "-p", "the house", "--files", "files", *world,
                    environment=environment) as server:  # fmt: skip
            start = json.loads(server.get("/api/state")[2])
            item = start["worlds"][0]["items"][0]
            body = {"session": "mine", "prompts": start["prompts"], "tokens": start["tokens"], "seed": start["seed"],
                    "temperature": start["temperature"], "null": True,
                    "worlds": [{"name": "sad", "items": f"steer:{item['argument']}:{item['scale']}"}]}  # fmt: skip
            done = json.loads(server.events("/api/run", body)[-1][1])
            self.assertEqual((done["evaluated"], done["kept"]), ([], ["sad", "null"]))
            done = json.loads(server.events("/api/run", body | {"session": "another"})[-1][1])
            self.assertEqual((done["evaluated"], done["kept"]), ([], ["sad", "null"]))

    def test_another_end_of_the_prompt_costs_that_end(self):
        start = "the house of the king in a winter evening"
        fields = {"session": "s", "worlds": WORLDS[:2]}
        rows = []
        for prompt in (start, start + " was", start + " had a", "another one entirely"):
            events = self.server.events("/api/run", self.body(prompts=[prompt], **fields))
            done = json.loads(events[-1][1])
            self.assertEqual(done["evaluated"], ["hot", "sad"])
            rows.append(done["prompt_rows_kept"])
            flags = [flag for world in WORLDS[:2] for flag in ("--world", world["name"] + "=" + world["items"])]
            expected = self.done(self.call("run", "-m", "a.gguf", "-t", "1", "-n", "8", "--seed", "3", "--no-null", "--no-nudge",
                                           "--jsonl", "-", "-q", "-p", prompt, *flags))  # fmt: skip
            self.assertEqual(sorted(data for event, data in events if event == "pair"), sorted(expected.splitlines()))
        self.assertGreater(min(rows[1:3]), 2 * len(start))  # the tiny model has a token a letter or so
        self.assertLess(rows[3], min(rows[1:3]))

    def test_a_file_that_was_written_anew_is_read_anew(self):
        fields = {"session": "s", "worlds": [{"name": "sad", "items": "steer:vector.gguf:1.5"}, WORLDS[0]]}
        before = self.server.events("/api/run", self.body(**fields))
        self.assertEqual(json.loads(self.server.events("/api/run", self.body(**fields))[-1][1])["evaluated"], [])
        tiny.write_vector(self.folder / "new.gguf", seed=6)
        (self.folder / "new.gguf").replace(self.folder / "files" / "vector.gguf")
        after = self.server.events("/api/run", self.body(**fields))
        self.assertEqual(json.loads(after[-1][1])["evaluated"], ["sad"])
        laws = [{data for event, data in events if event == "law" and '"sad"' in data} for events in (before, after)]
        self.assertNotEqual(laws[0], laws[1])
        fresh = self.server.events("/api/laws", self.body(**fields))
        self.assertEqual(laws[1], {data for event, data in fresh if event == "law" and '"sad"' in data})

    def test_laws_alone(self):
        events = self.server.events("/api/laws", self.body(null=True))
        self.assertEqual(sorted(data for event, data in events if event == "law"), self.lines("law"))
        self.assertEqual({event for event, _ in events} - {"note"}, {"law", "done"})

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

    def test_a_threshold_of_one_draw(self):
        mine, other = self.question("/api/threshold", "--threshold", "sad.scale=0:4", "--samples", "3",
                                    threshold="sad.scale=0:4", sample=2)  # fmt: skip
        self.assertEqual(mine, [row for row in other if row["sample"] == 2])
        self.assertEqual(len(mine), len(PROMPTS))

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

    @unittest.skipUnless(shutil.which("curl"), "needs curl")
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

    def test_a_visit_without_it_gets_a_page_without_secrets(self):
        token = self.server.address.split("token=")[1]
        for path in ("/", "/?again", "/?token=x"):
            status, headers, text = self.server.get(path, Accept="text/html", **{"Sec-Fetch-Site": "cross-site"})
            self.assertEqual((status, headers["Content-Type"]), (401, "text/html; charset=utf-8"))
            self.assertIn("otherwise serve", text)
            self.assertNotIn(token, text + str(headers))
            self.assertNotIn("Set-Cookie", headers)
        self.assertEqual(self.server.get("/static/unlock.js")[0], 401)
        cookie = f"otherwise-{self.server.port}={token}"
        self.assertEqual(self.server.get("/static/unlock.js", Cookie=cookie)[0], 200)


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
                    self.assertEqual(server.process.wait(10 * PATIENCE), 0)
                    self.assertLess(time.monotonic() - start, 2 * PATIENCE)
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
        nothing = self.call("serve", environment={"OTHERWISE_CACHE": str(self.folder)})
        self.refused(nothing, 2, "-m")
        help_text = self.done(self.call("serve", "--help"))
        self.assertIn("otherwise serve -m model.gguf --files adapters", help_text)
        self.assertNotIn("--dry-run", help_text)
