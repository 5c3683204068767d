"""`krules run`: what it prints, its summary, its options, its exit status."""

import json
import unittest

from support import Case, event, main, parse_lines

COUNT = "rule count on tick { set n += 1 from 0\n emit counted { n: subject.n } }\n"


class Output(Case):
    def test_one_line_an_emitted_event(self):
        self.write("a.krules", COUNT)
        done = self.krules("run", "a.krules", "--db", "a.db", input=event("tick", "x") + event("tick", "x"))
        first, second = parse_lines(done.stdout)
        self.assertEqual([first["data"], second["data"]], [{"n": 1}, {"n": 2}])
        self.assertEqual(first["specversion"], "1.0")
        self.assertEqual((first["type"], first["subject"]), ("counted", "x"))
        self.assertNotEqual(first["id"], second["id"])
        self.assertRegex(first["time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$")

    def test_order_is_first_in_first_out(self):
        self.write("a.krules", "rule a on go { emit one\n emit two }\nrule b on one { emit three }\nrule c on two { emit four }\n")
        done = self.krules("run", "a.krules", "--durability", "off", input=event("go"))
        self.assertEqual([line["type"] for line in parse_lines(done.stdout)], ["one", "two", "three", "four"])

    def test_emit_chooses_types(self):
        self.write("a.krules", "rule a on go { emit alert.red\n emit alert.blue\n emit note\n set x = 1 }\n")

        def types(*arguments):
            done = self.krules("run", "a.krules", "--durability", "off", *arguments, input=event("go"))
            return [line["type"] for line in parse_lines(done.stdout)]

        self.assertEqual(types(), ["alert.red", "alert.blue", "note"])
        self.assertEqual(types("--emit", "alert.*"), ["alert.red", "alert.blue"])
        self.assertEqual(types("--emit", "alert.red", "--emit", "note"), ["alert.red", "note"])
        self.assertEqual(types("--emit", "subject-property-*"), ["subject-property-changed"])
        self.assertEqual(types("--emit", "nothing"), [])

    def test_cloudevents_in(self):
        self.write("a.krules", "rule a on go { emit came { at: meta.time, id: meta.id } }\n")
        line = {
            "specversion": "1.0", "type": "go", "source": "/here", "id": "7", "subject": "s",
            "time": "2026-01-31T12:00:00Z", "datacontenttype": "application/json", "data": {"x": 1},
        }
        done = self.krules("run", "a.krules", "--durability", "off", input=json.dumps(line) + "\n")
        self.assertEqual(parse_lines(done.stdout)[0]["data"], {"at": "2026-01-31T12:00:00Z", "id": "7"})

    def test_nothing_but_events_on_standard_output(self):
        self.write("a.krules", 'rule a on go { log warn "careful"\n fail "no" }\n')
        done = self.krules("run", "a.krules", "--durability", "off", input=event("go"))
        self.assertEqual(done.stdout, "")
        self.assertIn("careful", done.stderr)

    def test_default_store(self):
        self.write("a.krules", COUNT)
        self.krules("run", "a.krules", input=event("tick"))
        self.assertTrue((self.folder / "krules.db").exists())
        self.assertEqual(self.subjects(), {"s": {"n": 1}})


class Summary(Case):
    def test_counts(self):
        self.write("a.krules", COUNT + 'rule sour on bad { fail "no" }\nrule odd on tick when payload.x + 1 > 0 { }\n')
        lines = event("tick") + event("bad") + "what?\n" + event("tick", id="1") + event("tick", id="1")
        done = self.krules("run", "a.krules", "--db", "a.db", input=lines, status=3)
        summary = [line for line in done.stderr.splitlines() if "events/s" in line][0]
        self.assertTrue(summary.startswith("krules: 5 events, "), summary)
        for part in ("2 rules fired", "2 emitted", "1 failure,", "2 condition errors", "1 duplicate", "1 dead letter,"):
            self.assertIn(part, summary)
        self.assertIn("krules dead-letters list --db a.db", done.stderr)

    def test_of_nothing(self):
        self.write("a.krules", COUNT)
        done = self.krules("run", "a.krules", "--durability", "off")
        self.assertIn("krules: 0 events, 0 rules fired, 0 emitted, 0 failures, 0 dead letters, 0 events/s", done.stderr)

    def test_as_json(self):
        self.write("a.krules", COUNT)
        done = self.krules("run", "a.krules", "--durability", "off", "--log-format", "json", input=event("tick") * 3)
        last = parse_lines(done.stderr)[-1]
        self.assertEqual(last["message"], "done")
        self.assertEqual((last["data"]["events"], last["data"]["rules_fired"], last["data"]["emitted"]), (3, 3, 3))


class Rules(Case):
    def test_a_folder_and_its_folders(self):
        self.write("rules/a.krules", "rule a on go { emit a }\n")
        self.write("rules/deep/b.krules", "rule b on go { emit b }\n")
        self.write("rules/.hidden.krules", "not rules at all")
        self.write("rules/notes.txt", "not rules at all")
        done = self.krules("run", "rules", "--durability", "off", input=event("go"))
        self.assertEqual([line["type"] for line in parse_lines(done.stdout)], ["a", "b"])

    def test_several_paths_are_one_program(self):
        self.write("a.krules", "const limit = 3\n")
        self.write("b.krules", "rule b on go { emit b { limit } }\n")
        done = self.krules("run", "b.krules", "a.krules", "--durability", "off", input=event("go"))
        self.assertEqual(parse_lines(done.stdout)[0]["data"], {"limit": 3})

    def test_errors_are_all_told_and_nothing_runs(self):
        self.write("a.krules", "rule a on go { emit b { x: lowr(subject) } }\nrule c on go { set y = upperr(subject) }\n")
        done = self.krules("run", "a.krules", "--db", "a.db", input=event("go"), status=1)
        self.assertEqual(done.stdout, "")
        self.assertIn("a.krules:1:", done.stderr)
        self.assertIn("a.krules:2:", done.stderr)
        self.assertIn("did you mean `lower`?", done.stderr)
        self.assertIn("krules: 2 errors in the rules; nothing was run", done.stderr)
        self.assertEqual([path.name for path in self.folder.iterdir()], ["a.krules"])

    def test_errors_leave_a_store_as_it_is(self):
        self.write("a.krules", COUNT)
        self.krules("run", "a.krules", "--db", "a.db", input=event("tick"))
        self.write("a.krules", "rule")
        self.krules("run", "a.krules", "--db", "a.db", input=event("tick"), status=1)
        self.assertEqual(self.subjects("--db", "a.db"), {"s": {"n": 1}})

    def test_errors_as_json(self):
        self.write("a.krules", "rule a on go { emit b { x: lowr(subject) } }\n")
        done = self.krules("run", "a.krules", "--log-format", "json", status=1)
        lines = parse_lines(done.stderr)
        self.assertEqual((lines[0]["severity"], lines[0]["line"]), ("error", 1))
        self.assertEqual(lines[-1]["level"], "error")


class Options(Case):
    def test_set_gives_params(self):
        self.write("a.krules", "param limit: int = 3\nparam loud: bool = false\nrule a on go { emit out { limit, loud } }\n")

        def data(*arguments):
            done = self.krules("run", "a.krules", "--durability", "off", *arguments, input=event("go"))
            return parse_lines(done.stdout)[0]["data"]

        self.assertEqual(data(), {"limit": 3, "loud": False})
        self.assertEqual(data("--set", "limit=5", "--set", "loud=true"), {"limit": 5, "loud": True})
        self.assertEqual(data("--set", "limit=5", "--set", "limit=6"), {"limit": 6, "loud": False})

    def test_set_of_the_wrong_kind(self):
        self.write("a.krules", "param limit: int = 3\nrule a on go { emit out { limit } }\n")
        done = self.krules("run", "a.krules", "--durability", "off", "--set", "limit=many", status=1)
        self.assertIn("limit", done.stderr)

    def test_set_of_an_unknown_param(self):
        self.write("a.krules", "param limit: int = 3\nrule a on go { emit out { limit } }\n")
        done = self.krules("run", "a.krules", "--durability", "off", "--set", "limt=4", status=1)
        self.assertIn("`limt`", done.stderr)
        self.assertIn("`limit`", done.stderr)

    def test_environment_is_granted_by_name(self):
        self.write("a.krules", 'rule a on go { emit out { home: env("KRULES_TEST") } }\n')
        variables = {"KRULES_TEST": "yes"}
        granted = self.krules("run", "a.krules", "--durability", "off", "--allow-env", "KRULES_TEST", input=event("go"), env=variables)
        self.assertEqual(parse_lines(granted.stdout)[0]["data"], {"home": "yes"})
        refused = self.krules("run", "a.krules", "--durability", "off", input=event("go"), env=variables)
        self.assertEqual(refused.stdout, "")
        self.assertIn("1 failure", refused.stderr)

    def test_max_cascade_is_the_fuse(self):
        self.write("a.krules", "rule a on go when (subject.n ?? 0) < 100 {\n  set n += 1 from 0\n  emit go\n}\n")
        done = self.krules("run", "a.krules", "--durability", "off", "--max-cascade", "50", input=event("go"), status=3)
        self.assertIn("more than 50 events", done.stderr)
        self.assertEqual(done.stdout, "")

    def test_max_steps_ends_a_rule(self):
        self.write("a.krules", "rule a on go { for x in range(1000) { set n = x } }\nrule b on go { emit other }\n")
        done = self.krules("run", "a.krules", "--durability", "off", "--max-steps", "100", input=event("go"))
        self.assertIn("1 failure", done.stderr)
        self.assertEqual([line["type"] for line in parse_lines(done.stdout)], ["other"])

    def test_durability_off_says_that_the_store_is_not_used(self):
        self.write("a.krules", COUNT)
        done = self.krules("run", "a.krules", "--durability", "off", "--db", "a.db", input=event("tick"))
        self.assertIn("the store a.db is not used", done.stderr)
        self.assertFalse((self.folder / "a.db").exists())

    def test_every_durability_gives_the_same_output(self):
        self.write("a.krules", COUNT)
        lines = "".join(event("tick", f"s{i % 7}") for i in range(500))
        self.write("e.jsonl", lines)
        outputs = []
        for durability in ("full", "normal", "off"):
            done = self.krules("run", "a.krules", "--events", "e.jsonl", "--durability", durability, "--db", f"{durability}.db")
            outputs.append([(line["id"], line["data"]) for line in parse_lines(done.stdout)])
        self.assertEqual(outputs[0], outputs[1])
        self.assertEqual([data for _, data in outputs[0]], [data for _, data in outputs[2]])

    def test_small_batches_and_a_small_cache(self):
        self.write("a.krules", COUNT)
        lines = "".join(event("tick", f"s{i % 300}") for i in range(900))
        self.krules("run", "a.krules", "--db", "a.db", "--commit-batch", "1", "--cache-mb", "1", input=lines)
        self.assertEqual(self.subjects("--db", "a.db"), {f"s{i}": {"n": 3} for i in range(300)})


if __name__ == "__main__":
    main()
