"""Standard error: levels, formats, and text that comes from outside."""

import json
import re
import unittest

from support import Case, event, main, parse_lines

RULES = """
rule talk on go {
    log debug "uno"
    log info "due {subject}" { total: payload.total }
    log warn "tre"
    log error "quattro"
}
rule sour on go { log info "before"
 fail "no" }
"""


class Log(Case):
    def log(self, *arguments, rules=RULES, text=event("go", "s", {"total": 3}), status=0):
        self.write("a.krules", rules)
        durability = [] if "--durability" in arguments else ["--durability", "off"]
        return self.krules("run", "a.krules", *durability, *arguments, input=text, status=status).stderr

    def test_levels(self):
        said = {
            "debug": ["uno", "due", "tre", "quattro"], "info": ["due", "tre", "quattro"], "warn": ["tre", "quattro"],
            "error": ["quattro"], "off": [],
        }
        for level, words in said.items():
            text = self.log("--log-level", level)
            self.assertEqual([word for word in said["debug"] if word in text], words, level)
            self.assertEqual("events/s" in text, level != "off")
        self.assertEqual(self.log("--log-level", "off"), "")

    def test_info_is_the_default(self):
        self.assertEqual(self.log().count("due s"), 1)
        self.assertNotIn("uno", self.log())

    def test_text(self):
        line = [line for line in self.log().splitlines() if "due" in line][0]
        self.assertRegex(
            line, r'^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z info  due s \{"total":3\} \(rule talk, event go, subject s\)$'
        )

    def test_a_failure_says_where(self):
        line = [line for line in self.log().splitlines() if "rule failed" in line][0]
        self.assertIn(" error ", line)
        self.assertIn("no (a.krules:9:", line)

    def test_what_was_undone_says_so(self):
        line = [line for line in self.log().splitlines() if "before" in line][0]
        self.assertTrue(line.endswith(", undone)"), line)

    def test_lines_come_in_the_order_in_which_they_were_written(self):
        rules = """
            rule a on go { log info "uno" fail "no" }
            rule b on go when payload.none < 1 { }
            rule c on go { log info "due" emit more }
            rule d on more { log info "tre" fail cascade "all" }
        """
        text = self.log("--db", "a.db", "--durability", "normal", rules=rules, status=3)
        places = [text.index(part) for part in ("uno", "rule failed: no", "a condition failed", "due", "tre", "sent to the dead letters: all")]
        self.assertEqual(places, sorted(places), text)
        # What failed did so, whether or not the cascade was undone.
        self.assertEqual([line.endswith(", undone)") for line in text.splitlines()[1:6]], [True, False, False, True, True], text)

    def test_json(self):
        lines = parse_lines(self.log("--log-format", "json", "--log-level", "debug"))
        two = [line for line in lines if line["message"] == "due s"][0]
        time = two.pop("time")
        self.assertTrue(re.match(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$", time), time)
        self.assertEqual(
            two, {"level": "info", "message": "due s", "rule": "talk", "event": "go", "subject": "s", "data": {"total": 3}}
        )
        self.assertEqual([line["undone"] for line in lines if line["message"] == "before"], [True])
        self.assertEqual([line["level"] for line in lines if line["message"] in ("uno", "tre", "quattro")], ["debug", "warn", "error"])

    def test_every_line_of_a_json_log_is_json(self):
        text = self.log(
            "--log-format", "json", "--db", "a.db", text="{broken\n" + event("go") + event("go", "a\nb\x1b[31m"), status=3,
            rules=RULES + "rule odd on go when payload.total + 1 > 0 { }\n",
        )
        self.assertGreater(len(parse_lines(text)), 5)

    def test_names_from_outside_do_not_steer_the_terminal(self):
        text = self.log(text=json.dumps({"type": "go", "subject": "a\nb\x1b[31m"}) + "\n")
        self.assertNotIn("\x1b", text)
        self.assertIn("a\\nb\\x1b[31m", text)

    def test_no_colour_without_a_terminal(self):
        self.assertNotIn("\x1b", self.log(rules=RULES + "rule bad on go { set x = lowr(1) }\n", status=1))

    def test_failures_that_repeat_are_told_at_a_limited_rate(self):
        text = self.log(rules='rule sour on go { fail "no" }\n', text=event("go") * 5000)
        self.assertLess(text.count("rule failed"), 100)
        self.assertIn("5,000 failures", text)


if __name__ == "__main__":
    main()
