"""Which files are read, which are not, and that nothing is written over them."""

import json
import os
import signal
import socket
import subprocess
import unittest
import xml.etree.ElementTree as ElementTree

import support
from support import Case, event, main

RULES = "rule count on go { set n += 1 from 0 }\n"


class NotAFile(Case):
    """What is no file is told at once, and nobody waits for it."""

    def setUp(self):
        super().setUp()
        (self.folder / "rules").mkdir()
        os.mkfifo(self.folder / "rules/pipe.krules")

    def refused(self, message, *arguments):
        done = self.krules(*arguments, status=2)
        self.assertIn(message, done.stderr)
        self.assertEqual(done.stdout, "")

    def test_rules_that_are_a_pipe(self):
        for command in (["run"], ["check"], ["graph"], ["test"]):
            self.refused("cannot read `rules/pipe.krules`: it is a pipe, not a file", *command, "rules/pipe.krules")
            self.refused("cannot read `rules/pipe.krules`: it is a pipe, not a file", *command, "rules")
        self.refused("it is a pipe, not a file", "parse", "rules/pipe.krules")
        self.assertEqual(list(self.folder.glob("*.db*")), [])

    def test_other_things(self):
        self.refused("cannot read `/dev/zero`: it is a device, not a file", "check", "/dev/zero")
        self.refused("cannot read `rules`: it is a folder, not a file", "parse", "rules")
        with socket.socket(socket.AF_UNIX) as opened:
            opened.bind(str(self.folder / "s.krules"))
            self.refused("cannot read `s.krules`: it is a socket, not a file", "check", "s.krules")

    def test_a_link_to_a_file_is_one(self):
        self.write("elsewhere.txt", RULES)
        (self.folder / "linked").mkdir()
        os.symlink("../elsewhere.txt", self.folder / "linked/a.krules")
        self.assertIn("1 rule,", self.krules("check", "linked").stdout)
        os.symlink("../nothing", self.folder / "linked/b.krules")
        self.refused("cannot read `linked/b.krules`: No such file", "check", "linked")

    def test_a_pipe_that_comes_while_rules_run(self):
        self.write("live/a.krules", RULES)
        running = self.start("run", "live", "--durability", "off")
        running.until_logged("1 rule in force")
        os.mkfifo(self.folder / "live/pipe.krules")
        running.until_logged("cannot read `live/pipe.krules`: it is a pipe, not a file; the rules in force stay")
        self.assertEqual(running.stop(), 0)

    def test_certificates_replays_and_secrets(self):
        self.write("a.krules", RULES)
        self.refused("cannot read `/dev/zero`: it is a device, not a file", "check", "a.krules", "--verify", "/dev/zero")
        self.refused("it is a pipe, not a file", "check", "a.krules", "--verify", "rules/pipe.krules")
        self.refused("it is a pipe, not a file", "replay", "rules/pipe.krules")
        self.refused("the file of a secret: cannot read `/dev/zero`: it is a device", "run", "a.krules", "--secret-file", "k=/dev/zero")
        self.write("long", "x" * 70_000)
        self.refused("cannot read `long`: it is larger than 65536 bytes", "run", "a.krules", "--secret-file", "k=long")

    def test_a_file_that_is_too_large(self):
        with open(self.folder / "large.krules", "wb") as file:
            file.truncate((64 << 20) + 1)
        self.refused("cannot read `large.krules`: it is larger than 64 MiB", "check", "large.krules")

    def test_metrics_take_the_place_of_no_folder_and_no_device(self):
        self.write("a.krules", RULES)
        (self.folder / "folder").mkdir()
        self.refused("cannot write the metrics to `.`: it is a folder", "run", "a.krules", "--metrics-file", ".")
        self.refused("cannot write the metrics to `folder`: it is a folder", "run", "a.krules", "--metrics-file", "folder")
        self.refused("it is a pipe or a device", "run", "a.krules", "--metrics-file", "rules/pipe.krules")
        self.assertTrue((self.folder / "rules/pipe.krules").is_fifo())

    def test_events_from_a_pipe(self):
        self.write("a.krules", "rule echo on go { emit came }\n")
        os.mkfifo(self.folder / "events")
        running = self.start("run", "a.krules", "--events", "events", "--durability", "off")
        running.until_logged("waiting for events on events")
        with open(self.folder / "events", "w", encoding="utf-8") as pipe:
            pipe.write(event("go"))
            pipe.flush()
            running.until_printed("came")
        self.assertEqual(running.wait(), 0)

    def test_a_pipe_that_nobody_writes_to_can_be_left(self):
        self.write("a.krules", RULES)
        os.mkfifo(self.folder / "events")
        running = self.start("run", "a.krules", "--events", "events", "--durability", "off")
        running.until_logged("waiting for events on events")
        self.assertEqual(running.stop(signal.SIGTERM), 0)


class OneFile(Case):
    """A file that has two names is one file."""

    def test_a_file_and_its_folder(self):
        self.write("r.krules", RULES)
        for paths in (["r.krules", "./r.krules"], ["r.krules", "."], [".", self.folder / "r.krules"]):
            self.assertIn("1 rule,", self.krules("check", *paths).stdout)

    def test_links(self):
        self.write("r.krules", RULES)
        os.symlink("r.krules", self.folder / "s.krules")
        os.link(self.folder / "r.krules", self.folder / "t.krules")
        self.assertIn("1 rule,", self.krules("check", ".").stdout)

    def test_copies_are_two(self):
        self.write("r.krules", RULES)
        self.write("s.krules", RULES)
        self.assertIn("declared twice", self.krules("check", ".", status=1).stdout)


class Overwriting(Case):
    def setUp(self):
        super().setUp()
        self.write("r.krules", RULES)
        self.write("e.jsonl", event("go"))
        self.write("secret", "x")
        self.before = self.files()

    def files(self):
        return {path.name: path.read_bytes() for path in self.folder.iterdir() if path.is_file()}

    def refused(self, message, *arguments):
        done = self.krules(*arguments, status=2)
        self.assertIn(message, done.stderr)
        self.assertEqual(done.stdout, "")
        self.assertEqual(self.files(), self.before)

    def test_run(self):
        run = ["run", "r.krules", "--events", "e.jsonl"]
        os.symlink("e.jsonl", self.folder / "link")
        self.before = self.files()
        for file, what in {
            "krules.db": "`krules.db`, the store", "./krules.db": "`krules.db`, the store", "krules.db-wal": "`krules.db-wal`, a file of the store",
            "e.jsonl": "`e.jsonl`, the file of the events", "link": "`e.jsonl`, the file of the events",
            "r.krules": "`r.krules`, a rule file", "secret": "`secret`, the file of a secret",
        }.items():
            self.refused(f"`--metrics-file {file}` would overwrite {what}", *run, "--secret-file", "k=secret", "--metrics-file", file)
        self.refused("`--db e.jsonl` would overwrite `e.jsonl`, the file of the events", *run, "--db", "e.jsonl")

    def test_a_store_that_is_there(self):
        run = ["run", "r.krules", "--events", "e.jsonl", "--db", "a.db"]
        self.krules(*run)
        os.symlink("a.db", self.folder / "link.db")
        self.before = self.files()
        self.refused("would overwrite `a.db`, the store", *run, "--metrics-file", "a.db")
        self.refused("would overwrite `a.db`, the store", *run, "--metrics-file", "link.db")
        self.assertEqual(self.subjects("--db", "a.db"), {"s": {"n": 1}})

    def test_check(self):
        self.write("x.svg", RULES)
        self.before = self.files()
        self.refused("`--certificate r.krules` would overwrite `r.krules`, a rule file", "check", "r.krules", "--certificate", "r.krules")
        self.refused("`--certificate ./r.krules` would overwrite `./r.krules`, a rule file", "check", ".", "--certificate", "./r.krules")
        self.refused("`--graph x.svg` would overwrite `x.svg`, a rule file", "check", "x.svg", "--graph", "x.svg")
        self.refused("`--certificate y.svg` would overwrite `y.svg`, the picture", "check", "r.krules", "--graph", "y.svg", "--certificate", "y.svg")

    def test_graph(self):
        self.refused("`--output r.krules` would overwrite `r.krules`, a rule file", "graph", "r.krules", "--format", "dot", "-o", "r.krules")

    def test_standard_output(self):
        with open(self.folder / "e.jsonl", "a", encoding="utf-8") as output:
            done = subprocess.run(
                [support.KRULES, "run", "r.krules", "--events", "e.jsonl"], cwd=self.folder, stdout=output,
                stderr=subprocess.PIPE, encoding="utf-8", timeout=support.DEADLINE,
            )
        self.assertEqual(done.returncode, 2)
        self.assertIn("standard output would go into `e.jsonl`, the file of the events", done.stderr)
        self.assertEqual(self.files(), self.before)

    def test_other_files_are_written(self):
        self.krules("run", "r.krules", "--events", "e.jsonl", "--metrics-file", "m.prom")
        self.krules("run", "r.krules", "--events", "e.jsonl", "--metrics-file", "m.prom")
        self.krules("check", "r.krules", "--certificate", "c.json")
        self.krules("check", "r.krules", "--certificate", "c.json")
        self.krules("graph", "r.krules", "-o", "g.dot")
        self.krules("graph", "r.krules", "-o", "g.dot")
        self.krules("check", "r.krules", "--certificate", "/dev/null")


class OddNames(Case):
    """Names of files may have any bytes; what programs read is UTF-8 all the same."""

    NAME = b"\xff\xfe.krules"
    SHOWN = "\ufffd\ufffd.krules"

    def raw(self, *arguments):
        return subprocess.run([support.KRULES, *arguments], cwd=self.folder, capture_output=True, timeout=support.DEADLINE)

    def setUp(self):
        super().setUp()
        text = RULES + 'test "na\\u{1}me <&>\\"]]>\uffff" { send go on "s" expect emitted zz }\n'
        with open(os.path.join(os.fsencode(self.folder), self.NAME), "wb") as file:
            file.write(text.encode())

    def test_of_tests(self):
        done = self.raw("test", self.NAME, "--format", "json")
        report = json.loads(done.stdout.decode("utf-8"))
        self.assertEqual(report["programs"][0]["tests"][0]["file"], self.SHOWN)
        suite = ElementTree.fromstring(self.raw("test", self.NAME, "--format", "junit").stdout)[0]
        self.assertEqual(suite.get("name"), self.SHOWN)
        self.assertEqual(suite[0].get("file"), self.SHOWN)

    def test_of_findings(self):
        for form in ("json", "sarif"):
            json.loads(self.raw("check", self.NAME, "--format", form).stdout.decode("utf-8"))

    def test_of_the_log(self):
        done = self.raw("run", b"\xff.krules", "--log-format", "json")
        self.assertEqual(json.loads(done.stderr.decode("utf-8"))["message"], "`\ufffd.krules` is not there")


if __name__ == "__main__":
    main()
