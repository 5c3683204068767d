"""What the tests of the command line share: a folder for each test, runs of krules to their end, and runs beside the test.

Nothing here sleeps: what takes its time is waited for, until it happened or a generous deadline is over.
"""

import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest

KRULES = None
DEADLINE = 30  # seconds: a guard against hanging, far above what a busy disk takes


def event(kind, subject="s", data=None, **more):
    return json.dumps({"type": kind, "subject": subject, "data": data or {}, **more}) + "\n"


def parse_lines(text):
    # Not splitlines(), which ends lines at characters that JSON texts may hold.
    return [json.loads(line) for line in text.split("\n") if line]


class Running:
    """A krules that runs beside the test, with its standard streams at hand."""

    def __init__(self, arguments, folder, stdout=subprocess.PIPE):
        self.process = subprocess.Popen(
            [KRULES, *map(str, arguments)], cwd=folder, stdin=subprocess.PIPE, stdout=stdout, stderr=subprocess.PIPE
        )
        self.changed = threading.Condition()
        self.texts = {"out": "", "err": ""}
        self.threads = [self._collect("err", self.process.stderr)]
        if self.process.stdout:
            self.threads.append(self._collect("out", self.process.stdout))

    def _collect(self, name, stream):
        def run():
            while chunk := stream.read1(65536):
                with self.changed:
                    self.texts[name] += chunk.decode("utf-8", "replace")
                    self.changed.notify_all()

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        return thread

    @property
    def out(self):
        return self.texts["out"]

    @property
    def err(self):
        return self.texts["err"]

    def send(self, text):
        self.process.stdin.write(text.encode("utf-8") if isinstance(text, str) else text)
        self.process.stdin.flush()

    def until(self, condition, what):
        end = time.monotonic() + DEADLINE
        with self.changed:
            while not condition():
                if not self.changed.wait(end - time.monotonic()):
                    raise AssertionError(f"waited in vain for {what}\n--- output\n{self.out}\n--- log\n{self.err}")

    def until_logged(self, text, times=1):
        self.until(lambda: self.err.count(text) >= times, f"`{text}` in the log")

    def until_printed(self, text, times=1):
        self.until(lambda: self.out.count(text) >= times, f"`{text}` in the output")

    def kill(self, number):
        self.process.send_signal(number)

    def end(self):
        """Ends the input; the exit status."""
        self.process.stdin.close()
        return self.wait()

    def stop(self, number=signal.SIGTERM):
        self.kill(number)
        return self.wait()

    def wait(self):
        status = self.process.wait(DEADLINE)
        for thread in self.threads:
            thread.join(DEADLINE)
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            if stream:
                stream.close()
        return status


class Case(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory(prefix="krules-cli-")
        self.addCleanup(holder.cleanup)
        self.folder = pathlib.Path(holder.name)

    def write(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(text, bytes):
            path.write_bytes(text)
        else:
            path.write_text(text, encoding="utf-8", newline="")
        return path

    def krules(self, *arguments, status=0, **options):
        """Runs to the end and checks the exit status. Without `input`, standard input is empty."""
        if isinstance(options.get("input"), bytes):
            options["input"] = options["input"].decode("utf-8", "surrogateescape")
        options.setdefault("input", "")
        done = subprocess.run(
            [options.pop("program", KRULES), *map(str, arguments)], cwd=self.folder, capture_output=True,
            encoding="utf-8", errors="surrogateescape", timeout=DEADLINE, **options,
        )
        self.assertEqual(done.returncode, status, f"krules {' '.join(map(str, arguments))}\n{done.stdout}\n{done.stderr}")
        return done

    def start(self, *arguments, **options):
        running = Running(arguments, self.folder, **options)

        def end():
            if running.process.poll() is None:
                running.process.kill()
                running.wait()

        self.addCleanup(end)
        return running

    def subjects(self, *arguments, **options):
        return {
            line["subject"]: line["properties"] for line in parse_lines(self.krules("subjects", *arguments, **options).stdout)
        }


def main():
    global KRULES
    KRULES = os.path.abspath(sys.argv.pop(1))
    unittest.main(module="__main__")
