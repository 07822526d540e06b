"""A study on a Ray cluster of three nodes on this machine, one of them lost in the middle, beside the same study in
one process: the exports are the same bytes (`scripts/ray_test.sh --model`).

Two hundred strings of the default model as Q4_0; Ray's nodes share this machine's processors, so the seconds say
nothing of a real cluster.

    python3 benchmarks/cluster.py [--strings N] [--tokens N] [--shards N]
"""

import argparse
import hashlib
import os
import subprocess
import tempfile
import time
from pathlib import Path

import ray
from ray.cluster_utils import Cluster

import otherwise as ow
import otherwise.ray as cluster_runs

COMMAND = str(Path(os.environ.get("OTHERWISE_COMMAND", "build/release/otherwise")).resolve())
CACHE = Path(os.environ.get("OTHERWISE_CACHE_DIR") or Path.home() / ".cache" / "otherwise")
STARTS = ("The Louvre is located in", "Once upon a time", "To bake bread you need", "The water cycle begins when",
          "A good teacher is")


def exported(path):
    both = [subprocess.run([COMMAND, "export", path, form], check=True, capture_output=True).stdout
            for form in ("--jsonl", "--law")]
    return [hashlib.sha256(lines).hexdigest() for lines in both], both[0].count(b"\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--strings", type=int, default=200)
    parser.add_argument("--tokens", type=int, default=16)
    parser.add_argument("--shards", type=int, default=10)
    given = parser.parse_args()
    model = next(iter(sorted((CACHE / "derived").glob("*Q4_0.gguf"))), CACHE / "models" /
                 "SmolLM2-135M-Instruct.Q4_1.gguf")
    prompts = [f"{STARTS[i % len(STARTS)]} ({i})" for i in range(given.strings)]
    study = ow.Study(ow.Model(model), prompts, {"hot": ow.temperature(1.3)}, tokens=given.tokens, seed=3)
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
        nodes = [cluster.add_node(num_cpus=1) for _ in range(2)]
        ray.init(address=cluster.address, log_to_driver=False, logging_level="ERROR")

        def watch(_, done, total):
            print(f"{done} of {total} shards", flush=True)
            if done >= total // 3 and nodes:
                cluster.remove_node(nodes.pop(), allow_graceful=False)
                nodes.clear()
                print("a node is gone", flush=True)

        start = time.monotonic()
        cluster_runs.run(study, "runs", given.shards, scratch="scratch", save_every=5.0, progress=watch)
        seconds = time.monotonic() - start
        ray.shutdown()
        cluster.shutdown()
        start = time.monotonic()
        study.run(output="whole.db", threads=2)
        print(f"{seconds:.0f} s on the cluster, {time.monotonic() - start:.0f} s in one process")
        (shards, lines), (whole, _) = exported("runs"), exported("whole.db")
        print(f"{lines} lines, sha256 {shards[0][:16]}, laws {shards[1][:16]}: "
              f"{'the same bytes' if shards == whole else 'OTHER BYTES'}")
        raise SystemExit(shards != whole)


if __name__ == "__main__":
    main()
