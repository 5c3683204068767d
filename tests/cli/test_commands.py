"""Commands without a store: help, usage errors, parse, doc, completions."""

import json
import os
import subprocess
import unittest

import support

COMMANDS = [
    ["run"], ["check"], ["graph"], ["replay"], ["subjects"], ["timers"], ["calls"], ["dead-letters"], ["dead-letters", "list"],
    ["dead-letters", "show"], ["dead-letters", "retry"], ["dead-letters", "drop"], ["parse"], ["doc"], ["completions"],
    ["help"],
]


class Help(support.Case):
    def test_version(self):
        self.assertRegex(self.krules("--version").stdout, r"^krules \d+\.\d+\.\d+\n$")

    def test_help_names_every_command(self):
        text = self.krules("--help").stdout
        for command in COMMANDS:
            self.assertIn(f"  {command[0]} ", text)
        self.assertIn("Examples:", text)

    def test_help_of_every_command(self):
        for command in COMMANDS:
            done = self.krules(*command, "--help")
            self.assertIn(f"Usage: krules {' '.join(command)}", done.stdout)
            self.assertIn("Examples:", done.stdout)
            self.assertEqual(done.stderr, "")

    def test_help_as_a_command(self):
        self.assertEqual(self.krules("help").stdout, self.krules("--help").stdout)
        for command in COMMANDS:
            self.assertEqual(self.krules("help", *command).stdout, self.krules(*command, "--help").stdout)
        self.assertIn("there is no command `rnu`; did you mean `run`?", self.krules("help", "rnu", status=2).stderr)
        self.assertIn("there is no command `lst`; did you mean `list`?", self.krules("help", "dead-letters", "lst", status=2).stderr)

    def test_lines_of_help_fit(self):
        for command in [[], *COMMANDS]:
            for line in self.krules(*command, "--help").stdout.splitlines():
                self.assertLessEqual(len(line), 100, line)

    def test_without_a_command_help_is_an_error(self):
        done = self.krules(status=2)
        self.assertIn("Usage: krules", done.stderr)
        self.assertEqual(done.stdout, "")


class WrongUsage(support.Case):
    def refused(self, *arguments):
        done = self.krules(*arguments, status=2)
        self.assertEqual(done.stdout, "")
        self.assertIn("--help` shows how it is used", done.stderr)
        return done.stderr

    def test_unknown_command(self):
        self.assertIn("there is no command `rnu`; did you mean `run`?", self.refused("rnu", "x.krules"))
        self.assertIn("there is no command `frobnicate`\n", self.refused("frobnicate"))
        self.assertIn("there is no command `lst`; did you mean `list`?", self.refused("dead-letters", "lst"))

    def test_unknown_option(self):
        text = self.refused("run", "x.krules", "--evnts", "e.jsonl")
        self.assertIn("there is no option `--evnts`; did you mean `--events`?", text)
        self.assertIn("`krules run --help`", text)
        self.assertIn("there is no option `-x`", self.refused("doc", "-x"))
        self.assertIn("there is no option `--databse`", self.refused("subjects", "--databse=x"))

    def test_unknown_option_of_the_program(self):
        self.assertIn("there is no option `--versoin`; did you mean `--version`?", self.refused("--versoin"))

    def test_too_many_words(self):
        self.assertIn("`lower` is one word too many", self.refused("doc", "upper", "lower"))

    def test_missing_words(self):
        self.assertIn("name at least one rule file or folder", self.refused("run"))
        self.assertIn("name a rule file", self.refused("parse"))
        self.assertIn("list, show, retry or drop", self.refused("dead-letters"))
        self.assertIn("name the shell", self.refused("completions"))
        self.assertIn("name dead letters by their numbers", self.refused("dead-letters", "show"))
        self.assertIn("name dead letters by their numbers", self.refused("dead-letters", "drop", "--all", "3"))

    def test_missing_value(self):
        self.assertIn("`--db` needs a value", self.refused("subjects", "--db"))

    def test_empty_values(self):
        for option in ("--emit", "--metrics-file", "--allow-env", "--events", "--db"):
            self.assertIn(f"`{option}` needs a value, and the one that was given is empty", self.refused("run", "x.krules", option, ""))
            text = self.refused("run", "x.krules", f"{option}=", "y")
            self.assertIn(f"`{option}` needs a value, and none stands behind the `=`", text)
        for option in ("--certificate", "--graph", "--verify", "--extern", "--allow", "--deny"):
            self.assertIn(f"`{option}` needs a value", self.refused("check", "x.krules", option, ""))
        for option in ("--output", "--focus"):
            self.assertIn(f"`{option}` needs a value", self.refused("graph", "x.krules", option, ""))
        self.assertIn("the NAME that was given is empty", self.refused("subjects", ""))
        self.assertIn("the PATH that was given is empty", self.refused("run", ""))
        self.assertIn("the GLOB that was given is empty", self.refused("timers", ""))

    def test_values_given_twice(self):
        once = {
            "run": ["--events=a", "--db=a", "--durability=off", "--log-level=warn", "--log-format=text", "--trace=a", "--metrics-file=m",
                    "--journal=all", "--journal-mb=1", "--max-cascade=1", "--max-steps=1", "--cache-mb=1", "--commit-batch=1",
                    "--max-calls=1", "--max-waiting-calls=1", "--max-response=1"],
            "check": ["--format=text", "--max-cascade=1", "--graph=a.svg", "--certificate=a", "--verify=a"],
            "graph": ["--format=dot", "--output=a", "--focus=a", "--depth=1", "--by=file"],
            "replay": ["--events=1", "--format=json"],
            "test": ["--format=json"],
            "why": ["--db=a", "--rule=a", "--format=text", "--limit=1"],
            "subjects": ["--db=a"], "timers": ["--db=a"], "calls": ["--db=a"], "parse": ["--format=json"],
        }
        for command, options in once.items():
            for option in options:
                name = option.partition("=")[0]
                self.assertIn(f"`{name}` is given more than once", self.refused(command, "x", option, option))
        self.assertIn("`--db` is given more than once", self.refused("dead-letters", "list", "--db=a", "--db=b"))
        self.assertIn("`--db` is given more than once", self.refused("dead-letters", "--db=a", "list", "--db=b"))

    def test_both_ways_of_a_flag(self):
        self.assertIn("is given more than once", self.refused("run", "x.krules", "--watch", "--no-watch"))

    def test_externs(self):
        self.write("r.krules", "rule a on go { emit x }\n")
        for given, message in {
            "f": "write `--extern 'with_tax(amount, country?)'`", "f(a,)": "write `--extern",
            "f(b,b)": "`b` is declared already", "f(b?,c)": "`b` can be left out, and then `c`, which stands behind it, can, too: write `c?`",
            "set(x)": "`set` is a word of the language and cannot be a name", "f(set)": "`set` is a word of the language",
            "has(x)": "`has` is a built-in name", "new(x)": "`new` is a built-in name", "upper(x)": "`upper` of --extern is there already",
            "shop.print(x, x)": "`x` is declared already", "shop.print(x?, y)": "write `y?`",
        }.items():
            self.assertIn(message, self.refused("check", "r.krules", "--extern", given))
        for given in ("f()", "f(a, b?, c?)", "shop.print(x)", "shop.print(x, y?)", "a.b.c()"):
            self.krules("check", "r.krules", "--extern", given)

    def test_names_of_variables(self):
        for command in ("run", "check"):
            self.assertIn("`A=B` is no value of --allow-env", self.refused(command, "x.krules", "--allow-env", "A=B"))

    def test_hosts(self):
        for given in ("[::1", "::1", "::1]"):
            text = self.refused("run", "x.krules", "--allow-http", given)
            self.assertIn(f"`{given}` is no value of --allow-http: an IPv6 address stands in brackets: `[::1]`", text)
        self.assertIn("is no host", self.refused("run", "x.krules", "--allow-http", "[::1]x"))

    def test_flags_take_no_value(self):
        self.assertIn("`--watch` does not take a value", self.refused("run", "x.krules", "--watch=maybe"))
        self.assertIn("`--no-watch` does not take a value", self.refused("run", "x.krules", "--no-watch=3"))
        self.assertIn("`--from-start` does not take a value", self.refused("run", "x.krules", "--from-start=yes"))

    def test_words_behind_a_command_are_no_commands(self):
        self.assertIn("krules: `doc` is not there", self.krules("run", "doc", "run", status=2).stderr)
        self.assertIn("`show` is one word too many", self.refused("dead-letters", "list", "show"))

    def test_wrong_values(self):
        cases = {
            ("--durability", "ful"): "`ful` is no value of --durability: it is one of full|normal|off",
            ("--log-level", "loud"): "debug|info|warn|error|off",
            ("--log-format", "xml"): "text|json",
            ("--max-cascade", "0"): "a whole number from 1 to",
            ("--max-cascade", "many"): "`many` is no value of --max-cascade",
            ("--max-steps", "1.5"): "`1.5` is no value of --max-steps",
            ("--cache-mb", "-1"): "`-1` is no value of --cache-mb",
            ("--commit-batch", "99999999999999999999"): "is no value of --commit-batch",
            ("--set", "limit"): "write `--set name=value`",
            ("--set", "=3"): "write `--set name=value`",
        }
        for arguments, message in cases.items():
            self.assertIn(message, self.refused("run", "x.krules", *arguments))

    def test_wrong_number_of_a_dead_letter(self):
        self.assertIn("`x1` is no number of a dead letter", self.refused("dead-letters", "retry", "x1"))


class Parse(support.Case):
    def test_tree(self):
        self.write("a.krules", "rule r on a.b { set x = 1 }\n")
        text = self.krules("parse", "a.krules").stdout
        self.assertIn("rule", text)
        self.assertIn("a.b", text)

    def test_json(self):
        self.write("a.krules", "rule r on a.b { set x = 1 }\n")
        json.loads(self.krules("parse", "a.krules", "--format", "json").stdout)

    def test_standard_input(self):
        self.assertIn("a.b", self.krules("parse", "-", input="rule r on a.b { }").stdout)

    def test_errors_go_to_standard_error_and_the_rest_is_shown(self):
        self.write("a.krules", "rule bad on { }\nrule good on a.b { }\n")
        done = self.krules("parse", "a.krules", status=1)
        self.assertIn("a.krules:1:", done.stderr)
        self.assertIn("good", done.stdout)

    def test_errors_as_json(self):
        self.write("a.krules", "rule bad on { }\n")
        done = self.krules("parse", "a.krules", "--format", "json", status=1)
        self.assertEqual(json.loads(done.stderr.splitlines()[0])["line"], 1)

    def test_missing_file(self):
        self.assertIn("cannot read `b.krules`", self.krules("parse", "b.krules", status=2).stderr)


class Doc(support.Case):
    def test_all(self):
        text = self.krules("doc").stdout
        for name in ("starts_with(", "round(", "group_by(", "in_cidr("):
            self.assertIn(name, text)

    def test_one(self):
        text = self.krules("doc", "split").stdout
        self.assertTrue(text.startswith("split("), text)

    def test_parts_of_the_language(self):
        self.assertIn("pending(KEY [, SUBJECT]) -> timestamp", self.krules("doc").stdout)
        for name in ("has", "subject", "props", "pending", "state"):
            self.assertIn(f"{name}(", self.krules("doc", name).stdout)

    def test_modules(self):
        lines = self.krules("doc", "std").stdout.splitlines()
        names = [line.split()[0] for line in lines]
        self.assertEqual(names, sorted(names))
        for name in (
            "audit", "circuit_breaker", "dead_letter_queue", "error_handler", "log_events", "partition", "rate_limit", "require",
            "retry", "tenant",
        ):
            self.assertIn(f"std.{name}", names)
        # Each says in a sentence what it does, and how it is used.
        for line in lines:
            name, _, summary = line.strip().partition(" ")
            self.assertGreater(len(summary.strip()), 10, line)
            text = self.krules("doc", name).stdout
            self.assertTrue(text.startswith(f"use {name}"), text)

    def test_a_module(self):
        text = self.krules("doc", "std.rate_limit").stdout
        self.assertTrue(text.startswith("use std.rate_limit(limit: int = 100, per: duration = 1m) on PATTERN\n  a gate\n"), text)
        self.assertIn("## Lets at most `limit` events", text)
        self.assertTrue(self.krules("doc", "std.partition").stdout.startswith("use std.partition(count: int, mine: int) on PATTERN\n"))
        self.assertTrue(self.krules("doc", "std.dead_letter_queue").stdout.startswith("use std.dead_letter_queue\n  a module\n"))
        self.assertIn("did you mean `std.retry`?", self.krules("doc", "std.retri", status=1).stderr)
        self.assertIn("`krules doc std` lists them all", self.krules("doc", "std.frobnicate", status=1).stderr)

    def test_unknown(self):
        self.assertIn("there is no function `lowr`; did you mean `lower`?", self.krules("doc", "lowr", status=1).stderr)
        self.assertIn("`krules doc` lists them all", self.krules("doc", "frobnicate", status=1).stderr)


class Completions(support.Case):
    def complete(self, *words):
        """What bash would offer for the last of `words`."""
        script = (
            'source <("$KRULES" completions bash)\n'
            'COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _krules\n'
            'printf "%s\\n" "${COMPREPLY[@]}"\n'
        )
        done = subprocess.run(
            ["bash", "-c", script, "bash", *words], cwd=self.folder, capture_output=True, encoding="utf-8",
            env={**os.environ, "KRULES": support.KRULES}, timeout=support.DEADLINE,
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.split()

    def test_commands(self):
        self.assertEqual(self.complete("krules", "de"), ["dead-letters"])
        self.assertEqual(self.complete("krules", "dead-letters", "re"), ["retry"])

    def test_options(self):
        self.assertEqual(self.complete("krules", "run", "--dur"), ["--durability"])
        self.assertEqual(self.complete("krules", "dead-letters", "list", "--f"), ["--format"])

    def test_values(self):
        self.assertEqual(self.complete("krules", "run", "--durability", ""), ["full", "normal", "off"])
        self.assertEqual(self.complete("krules", "completions", "z"), ["zsh"])

    def test_files(self):
        self.write("orders.krules", "")
        self.assertEqual(self.complete("krules", "run", "ord"), ["orders.krules"])
        self.assertEqual(self.complete("krules", "run", "x", "--events", "ord"), ["orders.krules"])

    def test_every_long_option_is_in_every_script(self):
        options = [word for word in self.krules("run", "--help").stdout.split() if word.startswith("--")]
        for shell in ("bash", "zsh", "fish"):
            script = self.krules("completions", shell).stdout
            for option in options:
                name = option.rstrip(",")
                if name != "--":
                    self.assertIn(f"-l {name[2:]} " if shell == "fish" else name, script)


if __name__ == "__main__":
    support.main()
