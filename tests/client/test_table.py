"""What is made of the table of commands: help, completion and the man page."""

import re
import shutil
import subprocess

import centre as c


def run(*command, **options):
    return subprocess.run(command, capture_output=True, text=True, env=c.environment(), timeout=60, **options)


class Table(c.Case):
    def nouns(self):
        """noun -> its commands, as the help lists them."""
        lines = run(c.LVZHI, "--help").stdout.splitlines()
        listed = [line.split()[0] for line in lines if line.startswith("  ") and not line.startswith("  --")]
        found = {}
        for noun in listed:
            text = run(c.LVZHI, noun, "--help").stdout
            names = [line.split()[2] for line in text.splitlines() if line.startswith(f"  lvzhi {noun} ")]
            found[noun] = names
        return found

    def test_every_command_has_help_with_an_example(self):
        nouns = self.nouns()
        self.assertLessEqual({"meeting", "attendance", "leave", "feedback", "suggestion", "todo", "notice", "search",
                              "calendar", "steps"}, set(nouns))
        count = 0
        for noun, names in nouns.items():
            for name in names or [None]:
                said = run(c.LVZHI, noun, *([name] if name and name.isascii() else []), "--help")
                self.assertEqual((said.returncode, said.stderr), (0, ""))
                self.assertRegex(said.stdout, f"例.*lvzhi .*{noun}")
                count += 1
        self.assertGreater(count, 100)

    def complete(self, shell, *words):
        script = ("COMP_WORDS=(\"$@\"); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _lvzhi;"
                  " printf '%s\\n' \"${COMPREPLY[@]}\"")
        said = run(shell, "-c", f"eval \"$('{c.LVZHI}' completion bash)\"; {script}", shell, "lvzhi", *words)
        self.assertEqual(said.stderr, "")
        return set(said.stdout.split())

    def test_bash_completes(self):
        self.assertEqual(self.complete("bash", "sugg"), {"suggestion"})
        self.assertEqual(self.complete("bash", "meeting", "si"), {"sign-in"})
        self.assertEqual(self.complete("bash", "feedback", "assign", "F0001", "--"),
                         {"--unit", "--co-unit", "--due", "--note", "--help"})
        self.assertEqual(self.complete("bash", "--format", ""), {"table", "json", "csv"})
        self.assertEqual(self.complete("bash", "--profile", "x", "feedback", "rate", "F1", "--rating", "s"),
                         {"satisfied"})
        self.assertEqual(self.complete("bash", "leave", "refuse", "M1", "D1", "--note", ""), set())

    @c.unittest.skipUnless(shutil.which("zsh"), "no zsh here")
    def test_zsh_reads_it(self):
        script = f"autoload -U compinit && compinit -u -D; source <('{c.LVZHI}' completion zsh); print $_comps[lvzhi]"
        said = run("zsh", "-f", "-c", script)
        self.assertEqual((said.returncode, said.stderr), (0, ""))
        self.assertIn("_lvzhi", said.stdout)

    def test_the_man_page_has_no_fault(self):
        page = run(c.LVZHI, "man").stdout
        said = run("groff", "-Kutf8", "-Tutf8", "-man", "-ww", input=page)
        self.assertEqual((said.returncode, said.stderr), (0, ""))
        shown = re.sub(".\b", "", said.stdout)
        for words in ("lvzhi meeting sign", "lvzhi feedback assign", "csv"):
            self.assertIn(words, shown)

    def test_what_is_missing_is_named_and_never_asked_of_a_script(self):
        said = run(c.LVZHI, "feedback", "register", "--topic", "水", stdin=subprocess.DEVNULL)
        self.assertEqual(said.returncode, c.USAGE)
        self.assertIn("--text", said.stderr)
        for words in (("meeting", "nothing"), ("meeting", "plan", "--kind", "party"), ("leave", "ask"),
                      ("meeting", "replan", "M1", "--on", "2026-02-30"), ("todo", "--nothing")):
            self.assertEqual(run(c.LVZHI, *words, stdin=subprocess.DEVNULL).returncode, c.USAGE, words)

