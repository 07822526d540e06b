"""otherwise.cdx.json, the bill of materials: that it is CycloneDX, and that it lists exactly what the build reads and links.

What the command, the library and the Python module are made of is asked of the build itself: every file that ninja
knows as an input of theirs or as read while compiling (`ninja -t inputs`, `-t deps`), and the libraries that
they name (`readelf -d`) as they are found here (`ldd`).
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from command import COMMAND, SOURCE

BUILD = Path(COMMAND).resolve().parent
SCRIPT = SOURCE / "cmake" / "write_sbom.cmake"
DEBIAN = shutil.which("dpkg-query")

# Of the system, of the compiler, and Python, which the module is loaded into.
PLATFORM_LIBRARIES = re.compile(r"(libc|libm|libstdc\+\+|libgcc_s|libpthread|libdl|ld-linux.*)\.so\.\d+")
PLATFORM_PACKAGES = re.compile(r"(libc6|linux-libc|libstdc\+\+-\d+|libgcc-\d+|libpython3\.\d+|libclang-.*)-dev(-\w+)?"
                               r"|libc6|gcc-\d+|libgcc-s1|libc-dev-bin")
PLATFORM_FOLDERS = re.compile(r"/usr/lib/gcc/|/usr/include/c\+\+/|/usr/lib/llvm|.*/include/python3\.\d+/")


def output(*line):
    return subprocess.run([str(part) for part in line], capture_output=True, check=True, text=True, cwd=BUILD).stdout


def programs():
    """The command, the library, the module: what of them this build makes."""
    found = [Path(COMMAND), BUILD / "libotherwise.so", *(BUILD / "python" / "otherwise").glob("_otherwise.*.so")]
    return [path for path in found if path.exists()]


def digest_of(paths):
    """As write_sbom.cmake says."""
    files = {}
    for path in paths:
        inside = [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]
        files |= {str(file.relative_to(path.parent)): hashlib.sha256(file.read_bytes()).hexdigest() for file in inside}
    if len(files) == 1:
        return next(iter(files.values()))
    lines = "".join(f"{digest}  {name}\n" for name, digest in sorted(files.items(), key=lambda i: i[0].encode()))
    return hashlib.sha256(lines.encode()).hexdigest()


def is_library(path):
    return path.suffix == ".a" or ".so" in path.suffixes


class Bill(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.bill = json.loads((BUILD / "otherwise.cdx.json").read_text(encoding="utf-8"))
        cls.parts = {part["bom-ref"]: part for part in cls.bill["components"]}
        cls.places = {}
        for line in (BUILD / "sbom_paths.txt").read_text(encoding="utf-8").splitlines():
            reference, path = line.split("\t")
            cls.places.setdefault(reference, []).append(Path(path))

    def owner(self, path):
        """The part that a file belongs to: that of the longest path."""
        found = [(len(place.parts), reference) for reference, places in self.places.items() for place in places
                 if path == place or place in path.parents]
        return max(found)[1] if found else None


class Form(Bill):
    def test_is_cyclonedx(self):
        """What its schema asks of the fields that are used (the whole schema: CONTRIBUTING.md)."""
        self.assertEqual((self.bill["bomFormat"], self.bill["specVersion"], self.bill["version"]), ("CycloneDX", "1.5", 1))
        self.assertEqual(set(self.bill), {"bomFormat", "specVersion", "version", "metadata", "components", "dependencies"})
        allowed = {"type", "bom-ref", "name", "version", "licenses", "hashes", "purl", "properties"}
        for part in self.bill["components"]:
            self.assertEqual(set(part) | {"purl"}, allowed)
            self.assertEqual(part["type"], "library")
            self.assertRegex(part["version"], r"\d")
            ((only,), (license,)) = part["hashes"], part["licenses"]
            self.assertEqual(only["alg"], "SHA-256")
            self.assertRegex(only["content"], r"^[0-9a-f]{64}$")
            self.assertEqual(set(license["license"]), {"id"})
        self.assertEqual(len(self.parts), len(self.bill["components"]))
        self.assertEqual(self.bill["dependencies"], [{"ref": "otherwise", "dependsOn": list(self.parts)}])

    def test_names_what_the_notices_name(self):
        notices = (BUILD / "NOTICES.txt").read_text(encoding="utf-8")
        listed = re.findall(r"^- (.+), (.+)$", notices, re.MULTILINE)
        self.assertEqual([(part["name"], part["version"]) for part in self.bill["components"]], listed)
        version = re.match(r"otherwise (\S+)", notices)[1]
        self.assertEqual(self.bill["metadata"]["component"]["version"], version)

    def test_hashes_are_of_what_is_linked_or_read(self):
        for reference, part in self.parts.items():
            places = self.places[reference]
            linked = [path for path in places if is_library(path)]
            self.assertEqual(part["hashes"][0]["content"], digest_of(linked or places), reference)

    def test_nothing_to_hash_fails(self):
        with tempfile.TemporaryDirectory() as folder:
            result = subprocess.run(
                ["cmake", f"-DOUTPUT={folder}/out", f"-DPATHS={folder}/paths", "-DPARTS=x|x|1|MIT||||", "-DVERSION=1", "-P", SCRIPT],
                capture_output=True, check=False)  # fmt: skip
            self.assertNotEqual(result.returncode, 0)
            self.assertIn(b"expected files of x to hash, got none", result.stderr)


class Linked(Bill):
    def test_every_library_is_listed(self):
        self.assertGreaterEqual(len(programs()), 1)
        for program in programs():
            needed = set(re.findall(r"\(NEEDED\).*\[(.+)\]", output("readelf", "-d", program)))
            found = dict(re.findall(r"^\s+(\S+) => (\S+)", output("ldd", program), re.MULTILINE))
            self.assertTrue(needed)
            for name in sorted(needed):
                if not PLATFORM_LIBRARIES.fullmatch(name):
                    self.assertIsNotNone(self.owner(Path(found[name]).resolve()), f"{program.name} needs {name}, which is not listed")

    def test_every_listed_library_is_linked(self):
        linked = set()
        for program in programs():
            linked |= {Path(path).resolve() for path in re.findall(r" => (\S+) ", output("ldd", program))}
        for reference, places in self.places.items():
            for path in filter(is_library, places):
                if path.suffix != ".a":
                    self.assertIn(path, linked, f"{reference} is listed, and nothing links {path.name}")


@unittest.skipUnless(shutil.which("ninja"), "no ninja here: what the build reads is not known")
class Read(Bill):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if "inputs" not in subprocess.run(["ninja", "-t", "list"], capture_output=True, text=True, check=False).stdout:
            raise unittest.SkipTest("Ninja before 1.11 does not tell what a program is made of")
        names = [os.path.relpath(program.absolute(), BUILD) for program in programs()]
        inputs = output("ninja", "-t", "inputs", *names).split("\n")
        objects = {name for name in inputs if name.endswith(".o")}
        read = {name for name in inputs if name and not name.endswith((".o", ".a"))}
        current = None
        for line in output("ninja", "-t", "deps").split("\n"):  # OBJECT: #deps N, …, then its files, indented
            if not line.startswith(" "):
                current = line.split(":")[0] if line else None
            elif current in objects:
                read.add(line.strip())
        absolute = {Path(os.path.normpath(BUILD / name)) for name in read}
        cls.read = sorted(path.resolve() for path in absolute if path.is_file())

    def foreign(self):
        """What is neither ours nor made by the build, a licence or a script of CMake's."""
        ours = (SOURCE.resolve(), BUILD)
        texts = ("/usr/share/doc", "/usr/share/licenses", "/usr/share/common-licenses", "/usr/lib/python", "/usr/share/cmake")
        return [path for path in self.read if not any(folder in path.parents for folder in ours)
                and not str(path).startswith(texts) and path.name not in ("LICENSE", "LICENSE-jsonhpp")
                and path.suffix not in (".cmake", ".py") and "bin" not in path.parts]  # fmt: skip

    def test_every_file_is_of_a_listed_part(self):
        strays = [path for path in self.foreign() if self.owner(path) is None and not PLATFORM_FOLDERS.match(str(path))]
        if not DEBIAN:
            self.skipTest("no dpkg here: headers of the system cannot be told apart")
        packages = {}
        for line in subprocess.run(["dpkg-query", "-S", *strays], capture_output=True, text=True, check=False).stdout.splitlines():
            names, path = line.rsplit(": ", 1)
            packages[Path(path)] = [name.split(":")[0] for name in names.split(", ")]
        unlisted = {str(path): packages.get(path, "no package") for path in strays
                    if not any(PLATFORM_PACKAGES.fullmatch(name) for name in packages.get(path, ()))}
        self.assertEqual(unlisted, {}, "read by the build, and of no part that is listed")

    def test_every_listed_part_is_read(self):
        used = {self.owner(path) for path in self.foreign()}
        self.assertEqual(set(self.parts) - used, set(), "listed, and nothing of it is read by the build")


if __name__ == "__main__":
    sys.exit(unittest.main())
