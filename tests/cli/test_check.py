"""krules check: what it reports, in each format; what is allowed and denied."""

import json
import pathlib
import re
import unittest

import support

CLEAN = "rule greet on door.opened {\n  set greeted = true\n}\noutput door.greeted\n"
BROKEN = "rule a on x {\n  set q = lowr(\"x\")\n}\nrule b on y { fobar }\n"
# A comment that allows what no code says: a warning in every version of the checker.
DOUBTFUL = "# krules: allow K0494 \"why\"\n" + CLEAN


class Report(support.Case):
    def test_a_clean_program(self):
        self.write("a.krules", CLEAN)
        done = self.krules("check", "a.krules", "--allow", "K0411", "--allow", "K0404")
        self.assertRegex(done.stdout, r"\A1 rule, \d+ events?: every cascade ends")
        self.assertEqual(done.stderr, "")

    def test_all_errors_of_all_files_at_once(self):
        self.write("rules/a.krules", BROKEN)
        self.write("rules/b.krules", "rule c on x { set z = uper(\"x\") }\n")
        done = self.krules("check", "rules", status=1)
        for text in (
            "error[K0201]: unknown function `lowr`\n --> rules/a.krules:2:11", "error[K0102]: expected a statement",
            "error[K0201]: unknown function `uper`",
        ):
            self.assertIn(text, done.stdout)
        self.assertTrue(done.stdout.endswith("\n3 errors; what the rules set off was not checked\n"), done.stdout)
        self.assertEqual(done.stderr, "")

    def test_rules_of_a_program_that_brings_functions_and_actions_of_its_own(self):
        example = str(pathlib.Path(__file__).parents[2] / "rules_examples" / "embedding" / "prices.krules")
        brings = ("--extern", "with_tax(amount)", "--extern", "shop.print_label(text)")
        done = self.krules("check", example, "--deny", "warnings", *brings)
        self.assertIn("every cascade ends", done.stdout)
        self.assertIn("unknown function `with_tax`", self.krules("check", example, *brings[2:], status=1).stdout)
        wrong = self.krules("check", example, *brings[:1], "with_tax(amount, country)", *brings[2:], status=1)
        self.assertIn("`with_tax` needs an argument `country`", wrong.stdout)
        for value in ("with_tax", "with tax(amount)", "with_tax(amount", "with_tax(,)", ".a(x)"):
            wrong = self.krules("check", example, "--extern", value, status=2)
            self.assertIn(f"`{value}` is no value of --extern", wrong.stderr)
        wrong = self.krules("check", example, "--extern", "lower(text)", status=2)
        self.assertIn("`lower` of --extern is there already", wrong.stderr)

    def test_a_finding_is_shown_with_its_line(self):
        self.write("a.krules", DOUBTFUL)
        done = self.krules("check", "a.krules")
        self.assertIn("warning[K0416]: there is no code `K0494`\n --> a.krules:1:17\n", done.stdout)
        self.assertIn("= help: did you mean `K0404`?", done.stdout)
        self.assertRegex(done.stdout.splitlines()[-1], r"^1 rule, .*; .*1 warning")

    def test_parameters_have_their_values(self):
        self.write("a.krules", "param limit: int\nrule r on a { emit b { n: limit } }\n")
        self.assertIn("K0215", self.krules("check", "a.krules", status=1).stdout)
        self.krules("check", "a.krules", "--set", "limit=3")

    def test_what_cannot_be_read(self):
        self.assertIn("nowhere.krules", self.krules("check", "nowhere.krules", status=2).stderr)
        self.assertIn("name at least one rule file", self.krules("check", status=2).stderr)


class DenyAndAllow(support.Case):
    def setUp(self):
        super().setUp()
        self.write("a.krules", DOUBTFUL)

    def test_warnings_can_be_denied(self):
        done = self.krules("check", "a.krules", "--deny", "warnings", status=1)
        self.assertIn("error[K0416]", done.stdout)
        self.assertRegex(done.stdout.splitlines()[-1], r"; \d+ error")

    def test_a_code_can_be_denied(self):
        self.krules("check", "a.krules", "--deny", "K0416", status=1)
        self.krules("check", "a.krules", "--deny", "K0302")

    def test_a_code_can_be_allowed(self):
        done = self.krules("check", "a.krules", "--allow", "K0416")
        self.assertNotIn("K0416", done.stdout)

    def test_errors_cannot_be_allowed(self):
        self.write("b.krules", BROKEN)
        self.assertIn("error[K0201]", self.krules("check", "b.krules", "--allow", "K0201", status=1).stdout)
        for code, why in (("K0301", "a cascade that never ends is an error"), ("K0102", "a text that is not understood")):
            done = self.krules("check", "a.krules", "--allow", code, status=2)
            self.assertIn(f"`{code}` cannot be allowed: {why}", done.stderr)

    def test_unknown_codes_are_wrong_usage(self):
        for option in ("--deny", "--allow"):
            done = self.krules("check", "a.krules", option, "K0493", status=2)
            self.assertIn(f"there is no code `K0493` for {option}; did you mean `K0", done.stderr)
        done = self.krules("check", "a.krules", "--deny", "warning", status=2)
        self.assertIn("did you mean `warnings`?", done.stderr)
        done = self.krules("check", "a.krules", "--deny", "K0404", "--allow", "K0404", status=2)
        self.assertIn("both allowed and denied", done.stderr)

    def test_an_allowance_that_nothing_needs(self):
        self.write("b.krules", "# krules: allow K0412 \"there is no catch\"\n" + CLEAN)
        self.assertIn("warning[K0414]: `K0412` is allowed here", self.krules("check", "b.krules").stdout)


class Formats(support.Case):
    def check(self, form, text, status=0):
        self.write("my rules.krules", text)
        return self.krules("check", "my rules.krules", "--format", form, status=status).stdout

    def test_json(self):
        report = json.loads(self.check("json", DOUBTFUL))
        self.assertEqual(set(report), {"diagnostics", "cycles", "summary"})
        found = [each for each in report["diagnostics"] if each["code"] == "K0416"]
        self.assertEqual(len(found), 1)
        self.assertEqual((found[0]["severity"], found[0]["file"], found[0]["line"]), ("warning", "my rules.krules", 1))
        self.assertIs(report["summary"]["checked"], True)
        self.assertIs(report["summary"]["every_cascade_ends"], True)
        self.assertEqual(report["summary"]["rules"], 1)
        broken = json.loads(self.check("json", BROKEN, status=1))
        self.assertIs(broken["summary"]["checked"], False)
        self.assertEqual(broken["summary"]["errors"], 2)

    def test_github(self):
        lines = self.check("github", BROKEN, status=1).splitlines()
        self.assertEqual(
            lines[0],
            "::error file=my rules.krules,line=2,endLine=2,col=11,endColumn=14,title=K0201::"
            "unknown function `lowr`%0Ahelp: did you mean `lower`?",
        )
        self.assertEqual(len(lines), 3)

    def test_sarif(self):
        for text, status in ((CLEAN, 0), (DOUBTFUL, 0), (BROKEN, 1)):
            self.check_sarif(json.loads(self.check("sarif", text, status=status)))

    def test_sarif_has_what_is_found(self):
        results = json.loads(self.check("sarif", BROKEN, status=1))["runs"][0]["results"]
        self.assertEqual([(each["ruleId"], each["level"]) for each in results], [("K0201", "error"), ("K0102", "error")])
        place = results[0]["locations"][0]["physicalLocation"]
        self.assertEqual(place["artifactLocation"]["uri"], "my%20rules.krules")
        self.assertEqual(place["region"], {"startLine": 2, "startColumn": 11, "endLine": 2, "endColumn": 15})

    def check_sarif(self, log):
        """What SARIF 2.1.0 asks for of the parts that are used."""
        self.assertEqual(set(log), {"$schema", "version", "runs"})
        self.assertEqual(log["version"], "2.1.0")
        (run,) = log["runs"]
        self.assertEqual(set(run), {"tool", "columnKind", "results"})
        self.assertIn(run["columnKind"], ("utf16CodeUnits", "unicodeCodePoints"))
        driver = run["tool"]["driver"]
        self.assertEqual(driver["name"], "krules")
        self.assertRegex(driver["version"], r"^\d+\.\d+\.\d+$")
        rules = driver["rules"]
        identifiers = [rule["id"] for rule in rules]
        self.assertEqual(len(identifiers), len(set(identifiers)))
        self.assertLessEqual({"K0100", "K0200", "K0301", "K0401"}, set(identifiers))
        for rule in rules:
            self.assertRegex(rule["id"], r"^K\d{4}$")
            self.assertTrue(rule["shortDescription"]["text"])
        for result in run["results"]:
            self.assertLessEqual(set(result), {"ruleId", "ruleIndex", "level", "message", "locations", "relatedLocations"})
            self.assertEqual(identifiers[result["ruleIndex"]], result["ruleId"])
            self.assertIn(result["level"], ("none", "note", "warning", "error"))
            self.assertTrue(result["message"]["text"])
            for location in result.get("locations", []) + result.get("relatedLocations", []):
                self.assertLessEqual(set(location), {"physicalLocation", "message"})
                place = location["physicalLocation"]
                self.assertTrue(re.fullmatch(r"[A-Za-z0-9\-._~/%:]+", place["artifactLocation"]["uri"]))
                region = place["region"]
                self.assertEqual(set(region), {"startLine", "startColumn", "endLine", "endColumn"})
                self.assertGreaterEqual(min(region.values()), 1)
                self.assertLessEqual(
                    (region["startLine"], region["startColumn"]), (region["endLine"], region["endColumn"])
                )


class Clocks(support.Case):
    def test_a_clock_that_no_event_leads_to_may_write_at_any_time(self):
        poll = "input poll\nrule poll on poll when {} {{ {} emit poll after 1s }}\n"
        counted = poll.format("subject.n ?? 0 < 5", "set n += 1 from 0")
        awaited = poll.format("now() < subject.due", "")
        for program, clock in ((counted, "set n = 0"), (awaited, "set due = now() + 10s")):
            self.write("a.krules", program)
            self.assertNotIn("K0303", self.krules("check", "a.krules").stdout)
            self.write("a.krules", program + f"rule sweep every 3s of s* {{ {clock} }}\n")
            self.assertIn("K0303", self.krules("check", "a.krules").stdout)


class Files(support.Case):
    def test_a_picture_beside_the_report(self):
        self.write("a.krules", CLEAN)
        self.krules("check", "a.krules", "--graph", "a.dot")
        self.assertTrue((self.folder / "a.dot").read_text().startswith("digraph"))
        self.krules("check", "a.krules", "--graph", "a.mmd")
        self.assertTrue((self.folder / "a.mmd").read_text().startswith("flowchart LR"))
        done = self.krules("check", "a.krules", "--graph", "a.png", status=2)
        self.assertIn("`a.png` does not tell what to draw", done.stderr)
        done = self.krules("check", "a.krules", "--graph", "no/where.dot", status=2)
        self.assertIn("cannot write `no/where.dot`: No such file or directory", done.stderr)

    def test_a_text_that_is_no_certificate_does_not_hold(self):
        self.write("a.krules", CLEAN)
        self.write("proof.json", "{}")
        done = self.krules("check", "a.krules", "--verify", "proof.json", status=1)
        self.assertTrue(done.stdout.endswith("the certificate does not hold\n"))
        looping = "rule a on a { emit b }\nrule b on b { emit a after 1h }\n"
        self.write("b.krules", looping)
        self.krules("check", "b.krules", "--certificate", "b.json")
        done = self.krules("check", "b.krules", "--verify", "b.json")
        self.assertIn("`a`, `b` come to rest: they may go on with time in between", done.stdout)
        self.assertIn("the certificate holds: every cascade ends", done.stdout)
        self.write("b.krules", looping.replace(" after 1h", ""))
        self.krules("check", "b.krules", "--certificate", "b.json", status=1)
        done = self.krules("check", "b.krules", "--verify", "b.json", status=1)
        self.assertIn("it does not say that cascades through `a`, `b` end", done.stdout)
        self.assertTrue(done.stdout.endswith("but not all cascades are said to end\n"))
        self.assertIn("none.json", self.krules("check", "a.krules", "--verify", "none.json", status=2).stderr)


if __name__ == "__main__":
    support.main()
