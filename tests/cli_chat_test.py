"""Chat templates: the model's own or another, their day, and what runs keep of them."""

import hashlib
import json
import sqlite3
import unittest

import tiny
from command import Case

HOT = ("--world", "hot=temp:3")
TURNS = "{% for m in messages %}[{{ m.role }}] {{ m.content }}\n{% endfor %}[assistant]"
CLOCK = "{{ strftime_now('%d %B %Y') }} " + TURNS
OWN_DAY = "{{ date_string if date_string is defined else 'long ago' }} " + TURNS


class ChatCase(Case):
    def setUp(self):
        super().setUp()
        for name, source in (("turns", TURNS), ("clock", CLOCK), ("own", OWN_DAY)):
            self.write(f"{name}.jinja", source)

    def world_prompt(self, *arguments):
        """What a world with another system message reads."""
        given = ("-p", "hi", "--chat", "--world", "s=system:stern", "--jsonl", "-", *arguments)
        result = self.run_tiny(*given)
        return json.loads(self.done(result))["world_prompt"], result.stderr.decode()

    def meta(self, run):
        connection = sqlite3.connect(self.folder / run)
        try:
            return dict(connection.execute("SELECT key, value FROM meta"))
        finally:
            connection.close()


class Templates(ChatCase):
    def test_the_models_own(self):
        text, _ = self.world_prompt()
        self.assertEqual(text, "<|im_start|>system\nstern<|im_end|>\n<|im_start|>user\nhi<|im_end|>\n"
                               "<|im_start|>assistant\n")

    def test_a_file(self):
        text, notes = self.world_prompt("--chat-template", "turns.jinja")
        self.assertEqual(text, "[system] stern\n[user] hi\n[assistant]")
        self.assertNotIn("shows", notes)

    def test_a_name(self):
        names = self.done(self.call("inspect", "--chat-templates")).split()
        self.assertGreater(len(names), 60)
        text, _ = self.world_prompt("--chat-template", "Qwen-Qwen2.5-7B-Instruct")
        self.assertIn("stern<|im_end|>", text)
        self.assertIn("Qwen-Qwen2.5-7B-Instruct", names)

    def test_a_model_without_one_takes_another(self):
        given = ("-p", "a", *HOT, "--chat", "--chat-template", "turns.jinja")
        self.done(self.run_tiny(*given, model="plain.gguf"))

    def test_no_such_name(self):
        result = self.run_tiny("-p", "a", *HOT, "--chat", "--chat-template", "llama-3.2")
        self.refused(result, 2, "'llama-3.2'", "meta-llama-Llama-3.2-3B-Instruct")

    def test_without_chat(self):
        for option, value in (("--chat-template", "turns.jinja"), ("--chat-date", "2026-01-01")):
            self.refused(self.run_tiny("-p", "a", *HOT, option, value), 2, f"--chat with {option}")

    def test_what_cannot_be_rendered_names_the_line(self):
        for source, part in (
            ("a\n{{ 'x' | soundex }}", "filter 'soundex' for type String, in line 2"),
            ("{% if messages %}\n\n{% include 'b' %}{% endif %}", "include, in line 3"),
            ("\n{{ raise_exception('no such role') }}", "'no such role', in line 2"),
            ("{{ messages[-1].content }}", "drops the system message"),
        ):
            self.write("bad.jinja", source)
            given = ("-p", "a", "--world", "s=system:b", "--chat", "--chat-template", "bad.jinja")
            self.refused(self.run_tiny(*given), 1, part, "the given chat template")

    def test_inspect_shows_it(self):
        facts = json.loads(self.done(self.call("inspect", "a.gguf", "--json")))["chat"]
        self.assertEqual(facts["sha256"], hashlib.sha256(tiny.CHAT.encode()).hexdigest())
        self.assertEqual((facts["system"], facts["tools"], facts["date"]), (True, False, "none"))
        self.assertEqual(facts["example"],
                         "<|im_start|>user\nHello<|im_end|>\n<|im_start|>assistant\n")
        more = [("tokenizer.chat_template", tiny.TEXT, "\n{% foo %}")]
        tiny.write_model(self.folder / "foo.gguf", chat=False, more=more)
        self.assertIn("foo, in line 2", self.done(self.call("inspect", "foo.gguf")))

    def test_fit_keeps_it(self):
        self.write("glad.txt", "the king\na queen\nthe bird\nthe song\n")
        self.write("grim.txt", "the iron\na winter\nthe salt\nthe road\n")
        chat = ("--chat", "--chat-template", "clock.jinja", "--chat-date", "2026-03-01")
        self.done(self.call("fit", "direction", "glad.txt", "grim.txt", "-m", "a.gguf", "-t", "1",
                            "-o", "out.gguf", "-q", *chat))
        facts = json.loads(self.done(self.call("inspect", "out.gguf", "--json")))["metadata"]
        self.assertEqual(facts["otherwise.fit.chat_template_sha256"],
                         hashlib.sha256(CLOCK.encode()).hexdigest())
        self.assertEqual(facts["otherwise.fit.chat_date"], "2026-03-01")


class Records(ChatCase):
    """Chats of several turns from a file."""

    TURNS = [{"role": "system", "content": "kind"}, {"role": "user", "content": "the king"},
             {"role": "assistant", "content": "old"}, {"role": "user", "content": "and"}]

    def setUp(self):
        super().setUp()
        answer = {"role": "assistant", "content": " is good"}
        human = [{"from": "human", "value": "the king"}]
        lines = [{"messages": [*self.TURNS, answer]}, {"messages": self.TURNS}, {"conversations": human}]
        self.write("chats.jsonl", "\n".join(json.dumps(line) for line in lines))

    def pairs(self, *arguments):
        given = ("-f", "chats.jsonl", "--chat", "--world", "s=system:stern", "--jsonl", "-", "--no-null", "--no-nudge")
        return [json.loads(line) for line in self.done(self.run_tiny(*given, *arguments)).splitlines()]

    def test_go_through_the_template(self):
        observed, sampled, human = self.pairs("--chat-template", "turns.jinja")
        text = "[user] the king\n[assistant] old\n[user] and\n[assistant]"
        self.assertEqual(observed["world_prompt"], "[system] stern\n" + text)
        self.assertEqual(sampled["world_prompt"], "[system] stern\n" + text)
        self.assertEqual(human["world_prompt"], "[system] stern\n[user] the king\n[assistant]")
        self.assertEqual(observed["factual"]["text"], " is good")
        self.assertEqual([pair["observed"] for pair in (observed, sampled, human)], [True, False, False])
        self.assertEqual(observed["messages"], self.TURNS)
        self.assertEqual(observed["prompt"], "and")

    def test_read_as_the_same_text(self):
        """The factual prompt is what the template makes of the turns."""
        whole = "[system] kind\n[user] the king\n[assistant] old\n[user] and\n[assistant]"
        self.write("text.jsonl", json.dumps({"id": "2", "prompt": whole}))
        same = self.run_tiny("-f", "text.jsonl", *HOT, "--jsonl", "-", "--no-null", "--no-nudge")
        plain = json.loads(self.done(same))
        given = ("-f", "chats.jsonl", "--chat", "--chat-template", "turns.jinja", *HOT, "--jsonl", "-", "--no-null")
        chat = [json.loads(line) for line in self.done(self.run_tiny(*given, "--no-nudge")).splitlines()][1]
        for key in ("factual", "counterfactual", "lcp", "margin"):
            self.assertEqual(chat[key], plain[key])

    def test_outputs_are_inputs_again(self):
        pairs = self.pairs("--chat-template", "turns.jinja")
        self.write("again.jsonl", "\n".join(json.dumps(pair) for pair in pairs))
        again = self.run_tiny("-f", "again.jsonl", "--chat", "--chat-template", "turns.jinja", "--world",
                              "s=system:stern", "--jsonl", "-", "--no-null", "--no-nudge")
        lines = [json.loads(line) for line in self.done(again).splitlines()]
        for before, after in zip(pairs, lines):
            self.assertEqual(before["factual"], after["factual"])
            self.assertEqual(before["world_prompt"], after["world_prompt"])

    def test_resume_takes_them_from_the_run(self):
        given = ("-f", "chats.jsonl", "--chat", "--world", "s=system:stern", "--no-nudge", "-q")
        self.done(self.run_tiny(*given, "-o", "whole.db"))
        self.done(self.run_tiny(*given, "-o", "part.db"))
        connection = sqlite3.connect(self.folder / "part.db")
        with connection:
            connection.execute("UPDATE strings SET state = 0 WHERE string = 1")
            for table in ("pairs", "draws", "prompts", "laws", "outcomes"):
                connection.execute(f"DELETE FROM {table} WHERE string = 1")
        connection.close()
        self.done(self.call("run", "--resume", "part.db", "-t", "1", "-q"))
        whole, part = (self.done(self.call("export", name)) for name in ("whole.db", "part.db"))
        self.assertEqual(whole, part)

    def test_need_the_flag(self):
        result = self.run_tiny("-f", "chats.jsonl", *HOT)
        self.refused(result, 1, "--chat renders it")


class Days(ChatCase):
    def test_a_clock_is_told(self):
        text, notes = self.world_prompt("--chat-template", "clock.jinja", "--chat-date", "2026-03-01")
        self.assertTrue(text.startswith("01 March 2026 [system]"), text)
        self.assertIn("shows the day: 2026-03-01 (--chat-date)", notes)
        _, notes = self.world_prompt("--chat-template", "clock.jinja")
        self.assertRegex(notes, r"shows the day: 20\d\d-\d\d-\d\d \(--chat-date\)")

    def test_a_day_of_its_own(self):
        text, notes = self.world_prompt("--chat-template", "own.jinja")
        self.assertTrue(text.startswith("long ago "), text)
        self.assertIn("a day of its own", notes)
        text, _ = self.world_prompt("--chat-template", "own.jinja", "--chat-date", "2026-03-01")
        self.assertTrue(text.startswith("01 Mar 2026 "), text)

    def test_no_day(self):
        result = self.run_tiny("-p", "a", *HOT, "--chat", "--chat-date", "2026-02-29")
        self.refused(result, 2, "a day as YYYY-MM-DD", "'2026-02-29'")

    def test_law_takes_one(self):
        given = ("law", "-t", "1", "-n", "4", "-m", "a.gguf", "-p", "hi", *HOT, "--chat")
        days = [self.done(self.call(*given, "--chat-template", "clock.jinja", "--chat-date", day,
                                    "--jsonl", "-", "-q")) for day in ("2026-03-01", "2026-04-02")]
        self.assertNotEqual(*days)


class Runs(ChatCase):
    CHAT = ("--chat", "--chat-template", "clock.jinja")

    def run_into(self, run, *arguments):
        return self.run_tiny("-p", "the king", "-p", "hi", *HOT, *self.CHAT, "-q", "-o", run,
                             *arguments)

    def test_keep_template_and_day(self):
        self.done(self.run_into("a.db", "--chat-date", "2026-03-01"))
        meta = self.meta("a.db")
        self.assertEqual(meta["chat_template"], hashlib.sha256(CLOCK.encode()).hexdigest())
        self.assertEqual(meta["chat_date"], "2026-03-01")
        (self.folder / "clock.jinja").unlink()  # its source is in the run
        with sqlite3.connect(self.folder / "a.db") as database:
            database.execute("UPDATE strings SET state = 0")
            for table in ("draws", "pairs", "laws", "outcomes", "prompts"):
                database.execute(f"DELETE FROM {table}")
        database.close()
        self.write("clock.jinja", CLOCK)
        self.done(self.run_into("b.db", "--chat-date", "2026-03-01"))
        (self.folder / "clock.jinja").unlink()
        self.done(self.call("run", "-t", "1", "--resume", "a.db", "-q"))
        lines = [self.done(self.call("export", run)) for run in ("a.db", "b.db")]
        self.assertEqual(*lines)
        page = self.done(self.call("report", "a.db", "-q", "-o", "-"))
        self.assertIn(f"{meta['chat_template']}, shows 2026-03-01", page)

    def test_another_template_or_day_is_another_study(self):
        self.done(self.run_into("a.db", "--chat-date", "2026-03-01"))
        resume = ("run", "-t", "1", "--resume", "a.db", "-q")
        self.refused(self.call(*resume, "--chat-template", "own.jinja"), 2, "chat-template")
        self.refused(self.call(*resume, "--chat-date", "2026-03-02"), 2, 'chat-date = "2026-03-01"')

    def test_shards_of_two_days(self):
        for part, day in ((1, "2026-03-01"), (2, "2026-03-02")):
            self.done(self.run_into(f"{part}.db", "--shard", f"{part}/2", "--chat-date", day))
        self.refused(self.call("merge", "1.db", "2.db", "-o", "all.db"), 2, "chat-date")

    def test_a_study_says_both(self):
        self.write("study.toml", 'model = "a.gguf"\nprompt = "hi"\npredict = 3\nchat = true\n'
                                 'chat-template = "clock.jinja"\nchat-date = 2026-03-01\n'
                                 '[worlds]\nhot = "temp:3"\n')
        self.done(self.call("run", "study.toml", "-t", "1", "-q", "-o", "a.db"))
        self.assertEqual(self.meta("a.db")["chat_date"], "2026-03-01")
        saved = ("--save-study", "saved.toml", "--dry-run")
        self.done(self.run_tiny("-p", "hi", *HOT, *self.CHAT, *saved))
        self.assertRegex((self.folder / "saved.toml").read_text(), 'chat-clock = "20')

    def with_clock(self, name):
        more = [("tokenizer.chat_template", tiny.TEXT, CLOCK)]
        tiny.write_model(self.folder / name, chat=False, more=more)

    def test_another_worlds_clock_is_no_given_day(self):
        """A world's model that asks for today changes nothing in the factual one."""
        self.with_clock("clock.gguf")
        more = [("tokenizer.chat_template", tiny.TEXT, OWN_DAY)]
        tiny.write_model(self.folder / "own.gguf", chat=False, more=more)
        given = ("run", "-t", "1", "-m", "own.gguf", "-p", "hi", "--chat", "-n", "4", "--no-nudge")
        worlds = ("--world", "other=model:clock.gguf")
        alone = self.call(*given, "--world", "hot=temp:3", "--jsonl", "-", "--no-null")
        both = self.call(*given, *worlds, "--jsonl", "-", "--no-null")
        first, second = (json.loads(self.done(result).splitlines()[0]) for result in (alone, both))
        self.assertEqual(first["factual"], second["factual"])
        notes = both.stderr.decode()
        self.assertIn("own.gguf' shows a day of its own", notes)
        self.assertRegex(notes, r"clock.gguf' shows the day: 20\d\d-")
        self.done(self.call(*given, *worlds, "-q", "-o", "a.db"))
        meta = self.meta("a.db")
        self.assertNotIn("chat-date", meta["study"])
        self.assertIn(f'chat-clock = "{meta["chat_date"]}"', meta["study"])
        with sqlite3.connect(self.folder / "a.db") as database:
            database.execute("UPDATE strings SET state = 0")
            for table in ("draws", "pairs", "laws", "outcomes", "prompts"):
                database.execute(f"DELETE FROM {table}")
        database.close()
        self.done(self.call("run", "-t", "1", "--resume", "a.db", "-q"))
        line = json.loads(self.done(self.call("export", "a.db")).splitlines()[0])
        self.assertEqual(line["factual"], first["factual"])

    def test_law_tells_the_day_of_a_worlds_model(self):
        self.with_clock("clock.gguf")
        result = self.call("law", "-t", "1", "-n", "4", "-m", "a.gguf", "-p", "hi", "--chat",
                           "--world", "other=model:clock.gguf")
        self.done(result)
        self.assertRegex(result.stderr.decode(), r"clock.gguf' shows the day: 20\d\d-")

    def test_a_run_of_before_the_models_own_template(self):
        self.done(self.run_tiny("-p", "hi", *HOT, "--chat", "-q", "-o", "a.db"))
        with sqlite3.connect(self.folder / "a.db") as database:
            database.execute("UPDATE strings SET state = 0")
            database.execute("DELETE FROM meta WHERE key = 'chat_template'")
        database.close()
        result = self.call("run", "-t", "1", "--resume", "a.db", "-q")
        self.refused(result, 2, "'a.db', written before they did", "model's own template")


if __name__ == "__main__":
    unittest.main()
