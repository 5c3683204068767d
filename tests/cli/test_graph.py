"""krules graph: pictures of what rules set off."""

import os
import shutil
import unittest

import support

RULES = """
rule submit on order.submitted when payload.total > 100 {
  emit order.validated
}
rule ship on order.validated {
  set status = "shipped"
}
"""


class Graph(support.Case):
    def setUp(self):
        super().setUp()
        self.write("orders.krules", RULES)

    def graph(self, *arguments, **options):
        return self.krules("graph", "orders.krules", *arguments, **options)

    def test_dot_and_mermaid(self):
        self.assertTrue(self.graph("--format", "dot").stdout.startswith("digraph cascades {\n"))
        self.assertTrue(self.graph("--format", "mermaid").stdout.startswith("flowchart LR\n"))

    def test_the_name_of_the_file_tells_the_format(self):
        for name, beginning in (("a.dot", "digraph"), ("a.gv", "digraph"), ("a.mmd", "flowchart")):
            done = self.graph("-o", name)
            self.assertEqual(done.stdout + done.stderr, "")
            self.assertTrue((self.folder / name).read_text().startswith(beginning))
        self.assertIn("`a.txt` does not tell what to draw", self.graph("-o", "a.txt", status=2).stderr)
        self.graph("-o", "a.txt", "--format", "dot")
        self.assertTrue((self.folder / "a.txt").read_text().startswith("digraph"))

    @unittest.skipUnless(shutil.which("dot"), "Graphviz is not installed")
    def test_svg(self):
        self.assertIn("<svg", self.graph().stdout)

    def test_without_graphviz(self):
        empty = self.folder / "empty"
        empty.mkdir()
        done = self.graph(status=2, env={**os.environ, "PATH": str(empty)})
        self.assertIn("the program `dot`, which is not installed: install the package graphviz", done.stderr)
        self.assertEqual(done.stdout, "")

    def test_graphviz_that_fails(self):
        fake = self.write("bin/dot", "#!/bin/sh\necho 'out of ink' >&2\nexit 3\n")
        fake.chmod(0o755)
        done = self.graph(status=2, env={**os.environ, "PATH": f"{fake.parent}:{os.environ['PATH']}"})
        self.assertIn("the program `dot` failed: out of ink", done.stderr)

    def test_rules_with_errors(self):
        self.write("orders.krules", "rule a on b { emit }\nrule c on d { set e = lowr(1) }\n")
        done = self.graph(status=1)
        self.assertIn("K0201", done.stderr)
        self.assertIn("nothing was drawn", done.stderr)
        self.assertEqual(done.stdout, "")

    def test_wrong_usage(self):
        self.assertIn("--depth belongs to --focus", self.graph("--depth", "2", status=2).stderr)
        self.assertIn("name at least one rule file", self.krules("graph", status=2).stderr)

    def test_focus_on_what_is_not_there(self):
        self.assertIn("no event and no rule is called `nowhere`", self.graph("--focus", "nowhere", status=1).stderr)


if __name__ == "__main__":
    support.main()
