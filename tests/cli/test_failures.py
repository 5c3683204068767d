"""What surrounds the program fails: paths, permissions, a second program, a full disk."""

import os
import resource
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import unittest

import support
from support import Case, event, main, parse_lines

RULES = "rule count on tick { set n += 1 from 0\n emit counted { n: subject.n } }\n"
NOBODY = 65534


def as_nobody():
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)


def small_files(limit):
    def set_limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    return set_limit


class Paths(Case):
    def setUp(self):
        super().setUp()
        self.write("a.krules", RULES)

    def refused(self, message, *arguments, **options):
        done = self.krules("run", *arguments, status=2, **options)
        self.assertIn(message, done.stderr)
        self.assertEqual(done.stdout, "")
        self.assertEqual(list(self.folder.glob("*.db*")), [])

    def test_rules_that_are_not_there(self):
        self.refused("krules: `b.krules` is not there", "b.krules")
        self.refused("krules: `rules/` is not there", "a.krules", "rules/")

    def test_a_folder_without_rules(self):
        (self.folder / "empty").mkdir()
        self.write("empty/notes.txt", "nothing")
        self.refused("no .krules files in `empty`", "empty")

    def test_every_wrong_path_is_told(self):
        (self.folder / "empty").mkdir()
        self.refused("`b.krules` is not there\nkrules: there are no .krules files in `empty`", "b.krules", "empty")

    def test_events_that_are_not_there(self):
        self.refused("krules: cannot read `e.jsonl`: No such file or directory", "a.krules", "--events", "e.jsonl")
        (self.folder / "folder").mkdir()
        self.refused("it is a folder, not a file of events", "a.krules", "--events", "folder")

    def test_a_store_in_a_folder_that_is_not_there(self):
        self.refused("there is no folder", "a.krules", "--db", "nowhere/a.db")

    def test_a_store_that_is_a_folder(self):
        (self.folder / "folder").mkdir()
        self.refused("it is a folder", "a.krules", "--db", "folder")

    def test_a_store_that_is_something_else(self):
        path = self.write("notes.txt", "not a database at all, but some text of mine " * 30)
        before = path.read_bytes()
        self.refused("is not a krules store", "a.krules", "--db", "notes.txt")
        self.assertEqual(path.read_bytes(), before)


class Permissions(Case):
    """Run as a user who may not do everything."""

    def setUp(self):
        super().setUp()
        self.program = shutil.copy(support.KRULES, self.folder / "krules")
        self.write("a.krules", RULES)
        os.chmod(self.folder, 0o777)

    def refused(self, status, *arguments):
        return self.krules(*arguments, status=status, program=self.program, preexec_fn=as_nobody).stderr

    def test_unreadable_folder(self):
        self.write("rules/a.krules", RULES)
        os.chmod(self.folder / "rules", 0)
        self.addCleanup(os.chmod, self.folder / "rules", 0o755)
        self.assertIn("cannot read the folder `rules`: Permission denied", self.refused(2, "run", "rules"))

    def test_unreadable_folder_within(self):
        self.write("rules/a.krules", RULES)
        self.write("rules/deep/b.krules", RULES)
        os.chmod(self.folder / "rules/deep", 0)
        self.addCleanup(os.chmod, self.folder / "rules/deep", 0o755)
        self.assertIn("Permission denied", self.refused(2, "run", "rules"))

    def test_unreadable_rule_file(self):
        os.chmod(self.folder / "a.krules", 0)
        self.assertIn("cannot read `a.krules`: Permission denied", self.refused(2, "run", "a.krules"))

    def test_unreadable_events(self):
        os.chmod(self.write("e.jsonl", event("tick")), 0)
        self.assertIn("cannot read `e.jsonl`: Permission denied", self.refused(2, "run", "a.krules", "--events", "e.jsonl"))

    def test_read_only_store(self):
        self.krules("run", "a.krules", "--db", "a.db", input=event("tick"))
        os.chmod(self.folder / "a.db", 0o444)
        self.assertIn("read-only", self.refused(4, "run", "a.krules", "--db", "a.db"))
        self.assertEqual(self.subjects("--db", "a.db", program=self.program, preexec_fn=as_nobody), {"s": {"n": 1}})

    def test_read_only_folder(self):
        self.krules("run", "a.krules", "--db", "a.db", input=event("tick"))
        os.chmod(self.folder, 0o555)
        self.addCleanup(os.chmod, self.folder, 0o755)
        self.assertIn("Permission denied", self.refused(2, "run", "a.krules", "--db", "a.db"))
        self.assertIn("Permission denied", self.refused(2, "run", "a.krules", "--db", "new.db"))
        self.assertEqual(self.subjects("--db", "a.db", program=self.program, preexec_fn=as_nobody), {"s": {"n": 1}})


class TwoPrograms(Case):
    def test_the_second_is_refused(self):
        self.write("a.krules", RULES)
        running = self.start("run", "a.krules", "--db", "a.db")
        running.send(event("tick"))
        running.until_printed("counted")
        done = self.krules("run", "a.krules", "--db", "a.db", input=event("tick"), status=4)
        self.assertEqual(done.stderr, f"krules: another krules (pid {running.process.pid}) runs on `a.db`\n")
        self.assertEqual(running.end(), 0)
        self.krules("run", "a.krules", "--db", "a.db", input=event("tick"))
        self.assertEqual(self.subjects("--db", "a.db"), {"s": {"n": 2}})

    def test_a_killed_one_leaves_no_lock(self):
        self.write("a.krules", RULES)
        running = self.start("run", "a.krules", "--db", "a.db")
        running.send(event("tick"))
        running.until_printed("counted")
        running.kill(signal.SIGKILL)
        running.wait()
        self.krules("run", "a.krules", "--db", "a.db", input=event("tick"))
        self.assertEqual(self.subjects("--db", "a.db"), {"s": {"n": 2}})


class FullDisk(Case):
    EVENTS = 30_000

    def setUp(self):
        super().setUp()
        self.write("a.krules", RULES)
        self.write("e.jsonl", "".join(event("tick", f"s{i % 3000}", {"pad": "x" * 20}) for i in range(self.EVENTS)))

    def check_store_after(self, stopped, store):
        """Everything that was printed is stored, and the next run does the rest, each event once."""
        self.assertIn("krules: stopped: ", stopped.stderr)
        printed = parse_lines(stopped.stdout)
        self.assertLess(len(printed), self.EVENTS)
        if printed:
            stored = self.subjects("--db", store)
            for line in printed:
                self.assertGreaterEqual(stored[line["subject"]]["n"], line["data"]["n"])
        again = self.krules("run", "a.krules", "--events", "e.jsonl", "--db", store)
        ids = {line["id"] for line in printed + parse_lines(again.stdout)}
        self.assertEqual(len(ids), self.EVENTS)
        self.assertEqual(self.subjects("--db", store), {f"s{i}": {"n": self.EVENTS // 3000} for i in range(3000)})

    def test_files_that_may_not_grow(self):
        for limit in (80_000, 400_000, 900_000):
            with self.subTest(limit=limit):
                store = f"{limit}.db"
                stopped = self.krules(
                    "run", "a.krules", "--events", "e.jsonl", "--db", store, "--commit-batch", "500", status=4,
                    preexec_fn=small_files(limit),
                )
                self.check_store_after(stopped, store)

    def test_a_small_file_system(self):
        folder = tempfile.mkdtemp(prefix="krules-disk-")
        self.addCleanup(os.rmdir, folder)
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], capture_output=True, check=False)
        if mounted.returncode != 0:
            self.skipTest("mounting a small file system takes rights that this user has not; test_files_that_may_not_grow stands for it")
        try:
            store = f"{folder}/a.db"
            stopped = self.krules("run", "a.krules", "--events", "e.jsonl", "--db", store, "--commit-batch", "500", status=4)
            subprocess.run(["mount", "-o", "remount,size=100m", folder], check=True)
            self.check_store_after(stopped, store)
        finally:
            subprocess.run(["umount", folder], check=True)

    def test_output_to_a_full_disk(self):
        with open("/dev/full", "wb") as full:
            done = subprocess.run(
                [support.KRULES, "run", "a.krules", "--events", "e.jsonl", "--db", "a.db"], cwd=self.folder, stdout=full,
                stderr=subprocess.PIPE, encoding="utf-8", timeout=support.DEADLINE,
            )
        self.assertEqual(done.returncode, 4)
        self.assertIn("cannot write to standard output: No space left on device", done.stderr)
        again = self.krules("run", "a.krules", "--events", "e.jsonl", "--db", "a.db")
        self.assertEqual(len(parse_lines(again.stdout)), self.EVENTS)

    def test_listing_to_a_full_disk(self):
        self.krules("run", "a.krules", "--db", "a.db", input=event("tick"))
        with open("/dev/full", "wb") as full:
            for arguments in (["subjects", "--db", "a.db"], ["doc"], ["parse", "a.krules"], ["completions", "bash"]):
                done = subprocess.run(
                    [support.KRULES, *arguments], cwd=self.folder, stdout=full, stderr=subprocess.PIPE, encoding="utf-8",
                    timeout=support.DEADLINE,
                )
                self.assertEqual(done.returncode, 4, arguments)
                self.assertIn("No space left on device", done.stderr)


class Damage(Case):
    def test_a_damaged_store_is_told(self):
        self.write("a.krules", "rule fill on fill { for i in range(3000) { set \"field{i}\" = \"some text {i}\" } }\n")
        self.krules("run", "a.krules", "--db", "a.db", input="".join(event("fill", f"s{i}") for i in range(20)))
        path = self.folder / "a.db"
        content = bytearray(path.read_bytes())
        for page in range(4, len(content) // 4096):
            content[page * 4096:page * 4096 + 512] = b"\xAA" * 512
        path.write_bytes(content)
        done = self.krules("subjects", "--db", "a.db", status=4)
        self.assertIn("damaged", done.stderr)
        done = self.krules("run", "a.krules", "--db", "a.db", input=event("fill", "s3"), status=4)
        self.assertIn("damaged", done.stderr)

    def test_a_store_that_is_deleted_or_replaced_acknowledges_nothing_more(self):
        self.write("a.krules", RULES)
        self.write("other.krules", "rule other on other { set n = 1 }\n")
        self.krules("run", "other.krules", "--db", "other.db", input=event("other"))

        def delete():
            for path in self.folder.glob("a.db*"):
                path.unlink()

        ways = {"deleted": delete, "moved": lambda: (self.folder / "a.db").rename(self.folder / "b.db"),
                "replaced": lambda: os.replace(self.folder / "other.db", self.folder / "a.db")}
        for name, lose in ways.items():
            with self.subTest(name):
                delete()
                running = self.start("run", "a.krules", "--db", "a.db")
                running.send(event("tick"))
                running.until_printed("counted")
                lose()
                running.send(event("tick"))
                self.assertEqual(running.end(), 4)
                self.assertIn("stopped: `a.db` was deleted, moved or replaced while it was in use", running.err)
                self.assertEqual(running.out.count("counted"), 1)

    def test_a_newer_store_is_refused(self):
        self.write("a.krules", RULES)
        self.krules("run", "a.krules", "--db", "a.db", input=event("tick"))
        with sqlite3.connect(self.folder / "a.db") as store:
            store.execute("UPDATE meta SET value = 99 WHERE key = 'schema_version'")
        store.close()
        self.assertIn("version 99", self.krules("run", "a.krules", "--db", "a.db", status=4).stderr)
        self.assertIn("version 99", self.krules("subjects", "--db", "a.db", status=4).stderr)


if __name__ == "__main__":
    main()
