"""ow.ray.run on a Ray cluster of three nodes on this machine (`make test-ray`)."""

import contextlib
import os
import shutil
import sqlite3
import unittest

import numpy as np
import ray
import tiny
from ray.cluster_utils import Cluster

import otherwise as ow
import otherwise.ray as cluster_runs
from tiny_case import TinyCase

PROMPTS = [f"the king of {i}" for i in range(120)]
WORLDS = {"hot": ow.temperature(1.5), "b": ow.model("b.gguf")}


class RayCase(TinyCase):
    def study(self, **more):
        return ow.Study(self.model, PROMPTS, WORLDS, tokens=12, seed=5, samples=2, **more)

    def sittings(self, path):
        with contextlib.closing(sqlite3.connect(path)) as connection:
            return connection.execute("SELECT started, pairs, seconds FROM sittings").fetchall()

    def exported(self, path):
        return self.printed("export", path), self.printed("export", path, "--law")


class Nodes(RayCase):
    """Three of one processor each."""

    def setUp(self):
        super().setUp()
        self.cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
        self.nodes = [self.cluster.add_node(num_cpus=1) for _ in range(2)]
        self.addCleanup(self.stop)
        ray.init(address=self.cluster.address, log_to_driver=False, logging_level="ERROR")

    def stop(self):
        ray.shutdown()
        self.cluster.shutdown()

    def test_a_node_that_is_lost_costs_nothing_but_time(self):
        self.study().run(output="whole.db")
        seen = []

        def watch(what, done, total):
            seen.append((what, done, total))
            if done >= 3 and self.nodes:
                self.cluster.remove_node(self.nodes.pop(), allow_graceful=False)
                self.nodes.clear()

        run = cluster_runs.run(self.study(), "runs/", 12, scratch="scratch", save_every=0.2, progress=watch)
        self.assertEqual(seen[-1], ("shards", 12, 12))
        self.assertEqual(self.nodes, [])
        self.assertTrue(run.finished)
        self.assertEqual(sorted(os.listdir("runs/parts")), [])
        self.assertEqual(self.exported("runs"), self.exported("whole.db"))
        self.assertEqual(len(run.pairs), len(ow.open("whole.db").pairs))
        # all is there; what a worker had begun to copy when it was lost goes
        whole = sorted(os.listdir("runs"))
        for left in ("06-of-12.db.node.7.part", "parts/06-of-12.db.node.7.part", "parts/06-of-12.db.node.7.part-journal"):
            (self.folder / "runs" / left).write_text("half")
        again = cluster_runs.run(self.study(), "runs/", 12)
        self.assertEqual((sorted(os.listdir("runs")), os.listdir("runs/parts")), (whole, []))
        self.assertEqual(again.pairs["string"], run.pairs["string"])
        with self.misuses("a new folder for `out`", "shards of another study"):
            cluster_runs.run(self.study(), "runs/", 11)
        with self.misuses("`shards` from 1 to 120"):
            cluster_runs.run(self.study(), "others/", 121)


class Faults(RayCase):
    """One node is enough for them."""

    @classmethod
    def setUpClass(cls):
        ray.init(num_cpus=2, log_to_driver=False, logging_level="ERROR")
        cls.addClassCleanup(ray.shutdown)

    def test_a_shard_that_fails_three_times_is_named(self):
        observed = [{"id": str(i), "prompt": "the king", "text": " had bread"} for i in range(3)]
        impossible = ow.Study(ow.Model(self.model, top_k=1), observed, WORLDS)
        with self.assertRaises(ow.Error) as caught:
            cluster_runs.run(impossible, "runs/", 3, workers=2)
        self.assertIn("expected all 3 shards, got none of 1, 2, 3 after 3 tries each (", str(caught.exception))
        self.assertNotIn("\n", str(caught.exception))

    def test_what_a_node_lacks(self):
        """As a worker of another node would find it."""
        value = cluster_runs._otherwise.with_own_strings(self.study()._value)
        folder = cluster_runs._Folder("runs", value, 4)
        files = cluster_runs._files(ray, value)
        for parts in files.values():
            for part in parts:
                part.path = "/no/such" + part.path
        plan = cluster_runs.Plan(folder.path, folder.mark, 4, value.to_toml(), files, "disk", 60, False, {"threads": 1})
        cluster_runs.Worker(plan).write(2)
        self.assertEqual(os.listdir("runs/parts"), [])
        self.study().run(output="two.db", shard="2/4")
        self.assertEqual(self.exported("runs/2-of-4.db"), self.exported("two.db"))
        # what an earlier worker has moved is gone on with: here nothing is left to do
        self.study().run(output="runs/parts/3-of-4.db", shard="3/4")
        shutil.copy("runs/parts/3-of-4.db", "three.db")
        cluster_runs.Worker(plan).write(3)
        first, second = self.sittings("runs/3-of-4.db")
        self.assertEqual([first], self.sittings("three.db"))
        self.assertEqual(second[1], 0)
        self.assertEqual(self.exported("runs/3-of-4.db"), self.exported("three.db"))
        # a folder of its own
        plan.mark += "x"
        with self.assertRaisesRegex(ow.Error, "on a file system that all nodes share, got no mark of it on"):
            cluster_runs.Worker(plan).write(1)
        plan.mark = plan.mark[:-1]
        # no disk
        (self.folder / "full").write_text("x")
        plan.scratch = "full"
        with self.assertRaisesRegex(ow.Error, "expected room on .*, got 'full"):
            cluster_runs.Worker(plan).write(1)
        # another file than the driver's
        next(iter(files.values()))[0].pieces[0] = ray.put(b"other bytes")
        plan.scratch = "disk-2"
        with self.assertRaisesRegex(ow.Error, "expected the bytes of '/no/such"):
            cluster_runs.Worker(plan).write(1)

    def test_a_model_in_parts(self):
        first = str(tiny.write_parts(self.folder, 3))
        study = ow.Study(first, PROMPTS[:4], {"hot": ow.temperature(1.5)}, tokens=6)
        value = cluster_runs._otherwise.with_own_strings(study._value)
        folder = cluster_runs._Folder("runs", value, 1)
        files = cluster_runs._files(ray, value)
        self.assertEqual([len(parts) for parts in files.values()], [3])
        for part in files[first]:
            part.path = "/no/such" + part.path
        cluster_runs.Worker(cluster_runs.Plan(folder.path, folder.mark, 1, value.to_toml(), files, "disk", 60, False,
                                              {"threads": 1})).write(1)
        study.run(output="whole.db")
        self.assertEqual(self.exported("runs"), self.exported("whole.db"))

    def test_memory_is_what_a_run_plans_for(self):
        value = cluster_runs._otherwise.with_model_path(
            cluster_runs._otherwise.with_own_strings(self.study()._value), cluster_runs.work_of({}))
        weights = cluster_runs._bytes_of(value)
        one = cluster_runs._memory(value, None, cluster_runs.work_of({"parallel": 1}))
        many = cluster_runs._memory(value, None, cluster_runs.work_of({"parallel": 60}))
        for memory, beside in (one, many):
            self.assertGreater(memory, weights + beside)
        self.assertGreater(many[1], 4 * one[1])
        least = weights + cluster_runs._PROCESS
        self.assertEqual(cluster_runs._memory(value, "2G", None), (2 * 2**30, 2 * 2**30 - least))
        with self.misuses(f"`memory` of more than {least} bytes", "'1M'", "leave `memory` out"):
            cluster_runs.run(self.study(), "runs/", 2, memory="1M")

    def test_a_worker_keeps_to_its_memory(self):
        least = cluster_runs._memory(self.study()._value, "2G", None)
        with self.assertRaisesRegex(ow.Error, "expected `memory` of at least .* for one string at a time"):
            cluster_runs.run(self.study(), "runs/", 1, workers=1, memory=2 * 2**30 - least[1] + 2**20)

    def test_more_than_there_is_room_for(self):
        with self.assertRaisesRegex(ow.Error, "expected a node with 64 processors"):
            cluster_runs.run(self.study(), "runs/", 2, num_cpus=64)


if __name__ == "__main__":
    np.seterr(all="raise")
    unittest.main()
