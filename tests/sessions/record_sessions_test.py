#!/usr/bin/env python3
"""Shows that tools/record_sessions finds a session that is out of date, and mends it.
  usage: record_sessions_test.py BUILD_DIRECTORY"""

import os
import re
import subprocess
import sys
import tempfile
import time
import unittest

TOOL = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../tools/record_sessions")
BUILD = sys.argv.pop()


class RecordSessions(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.path = os.path.join(self.folder.name, "document.md")

    def record(self, text, how="--check"):
        """Exit code, what was said, and the document afterwards."""
        with open(self.path, "w", encoding="utf-8") as file:
            file.write(text)
        ended = subprocess.run([TOOL, how, "--build", BUILD, self.path], capture_output=True, text=True, check=False, timeout=170)
        if ended.returncode == 77:
            print(ended.stderr, file=sys.stderr)
            os._exit(77)
        with open(self.path, encoding="utf-8") as file:
            return ended.returncode, ended.stdout + ended.stderr, file.read()

    def session(self, *lines, verb=""):
        return f"Some text.\n\n<!-- session{': ' + verb if verb else ''} -->\n```console\n" + "\n".join(lines) + "\n```\n\nMore.\n"

    def test_a_session_that_shows_what_comes_is_right(self):
        code, said, _ = self.record(self.session("$ echo one; echo two >&2", "one", "two", "$ true", "$ printf three", "three"))
        self.assertEqual((code, said), (0, ""))

    def test_another_output_is_found_and_shown_with_its_place(self):
        text = self.session("$ echo one", "two")
        code, said, after = self.record(text)
        self.assertEqual(code, 1)
        self.assertRegex(said, r"document\.md:5: `\$ echo one` shows something else now")
        self.assertIn("-two\n+one", said)
        self.assertEqual(after, text)

    def test_lines_more_and_lines_less_are_found(self):
        for text in (self.session("$ echo one"), self.session("$ true", "one"), self.session("$ echo one", "one", "one")):
            self.assertEqual(self.record(text)[0], 1, text)

    def test_write_takes_over_what_came_and_nothing_else(self):
        code, _, after = self.record(self.session("$ echo one", "two", "$ echo 5ms", "7ms"), "--write")
        self.assertEqual((code, after), (0, self.session("$ echo one", "one", "$ echo 5ms", "7ms")))
        self.assertEqual(self.record(after)[0], 0)

    def test_times_ids_and_the_widths_of_columns_may_differ(self):
        shown = ["ID  OFwsh1YjZzUCSwyBSSGD2X   rtt 1.25 ms", "at 2026-01-02T03:04:05.678Z 3.5KiB", "~/x",
                 "2026/01/02 03:04:05 [02/Jan/2026 03:04:05]"]
        command = r"$ printf 'ID OFwsh1YjZzUCSwyBSSGZZZ rtt 300 us\nat 2027-11-12T13:14:15Z 12 MB\n%s/x\n2027/11/12 13:14:15.6 [12/Nov/2027 13:14:15]\n' $HOME"
        self.assertEqual(self.record(self.session(command, *shown))[:2], (0, ""))
        self.assertEqual(self.record(self.session("$ echo 3 replicas", "4 replicas"))[0], 1)

    def test_three_dots_stand_for_any_lines(self):
        self.assertEqual(self.record(self.session("$ seq 9", "1", "...", "8", "9", "$ seq 2", "1", "...", "2"))[0], 0)
        self.assertEqual(self.record(self.session("$ seq 9", "1", "...", "8"))[0], 1)

    def test_commands_of_a_document_share_a_shell_a_terminal_and_an_empty_home(self):
        text = self.session("$ word=kept; mkdir x; cd x") + self.session("$ echo $word \\", "> ${PWD##*/}", "kept x")
        text += self.session("$ [ -t 0 ] && [ -t 1 ] && ls ~", "x", "$ pwd", "~/x")
        self.assertEqual(self.record(text)[:2], (0, ""))

    def test_blocks_are_files_and_hidden_commands_run(self):
        text = "<!-- session: file a/b.txt -->\n```text\ninside\n```\n<!-- session: run echo more >>a/b.txt -->\n"
        self.assertEqual(self.record(text + self.session("$ cat a/b.txt", "inside", "more"))[:2], (0, ""))
        code, said, _ = self.record("<!-- session: run false -->\n")
        self.assertEqual(code, 1)
        self.assertIn("`false` ended with 1", said)

    def test_a_command_that_fails_is_expected_or_an_error(self):
        code, said, _ = self.record(self.session("$ false"))
        self.assertEqual(code, 1)
        self.assertIn("line 5: `false` ended with 1", said)
        self.assertEqual(self.record(self.session("$ false", verb="fails"))[0], 0)
        self.assertEqual(self.record(self.session("$ true", verb="fails"))[0], 1)

    def someone_sleeps(self, seconds):
        """Whether a process sleeps for so long: numbers of processes are others within a session."""
        for process in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{process}/cmdline", encoding="utf-8") as file:
                    if file.read().split("\0")[:2] == ["sleep", seconds]:
                        return True
            except OSError:
                continue
        return False

    def test_what_stays_runs_to_the_end_of_the_document_and_not_longer(self):
        seconds = f"1000.{os.getpid()}1"
        text = self.session(f"$ bash -c 'echo $$ >~/pid; echo ready; exec sleep {seconds}'", "ready", verb="stays until ready")
        self.assertEqual(self.record(text + self.session("$ kill -0 $(cat pid)"))[:2], (0, ""))
        self.assertFalse(self.someone_sleeps(seconds))

    def test_what_was_left_in_the_background_ends_with_the_document(self):
        seconds = f"1000.{os.getpid()}2"
        text = f"<!-- session: run sleep {seconds} & echo $! >pid -->\n" + self.session("$ kill -0 $(cat pid)")
        self.assertEqual(self.record(text)[:2], (0, ""))
        self.assertFalse(self.someone_sleeps(seconds))

    def test_nothing_survives_when_it_is_killed(self):
        seconds = f"1000.{os.getpid()}3"
        with open(self.path, "w", encoding="utf-8") as file:
            file.write(f"<!-- session: run sleep {seconds} -->\n")
        running = subprocess.Popen([TOOL, "--check", "--build", BUILD, self.path], stderr=subprocess.DEVNULL)
        until = time.monotonic() + 60
        while not self.someone_sleeps(seconds):
            self.assertIsNone(running.poll())
            self.assertLess(time.monotonic(), until)
        running.kill()
        running.wait()
        while self.someone_sleeps(seconds):
            self.assertLess(time.monotonic(), until)

    def test_what_stays_can_be_ended_before(self):
        text = self.session("$ echo here >there; trap 'rm there; exit' TERM; while :; do sleep 0.1; done", verb="stays")
        text += "<!-- session: run eventually test -f there -->\n<!-- session: ends -->\n" + self.session("$ ls")
        self.assertEqual(self.record(text)[:2], (0, ""))
        self.assertEqual(self.record("<!-- session: ends -->\n")[0], 1)

    def test_default_ports_are_free_and_nobody_is_there(self):
        shown = "mote: cannot connect to 127.0.0.1:4222: Connection refused; ..."
        code, said, _ = self.record(self.session("$ mote ls", shown, verb="fails"), "--write")
        self.assertEqual(code, 0, said)
        self.assertIn("+mote: cannot connect to 127.0.0.1:4222", said)
        self.assertEqual(self.record(self.session("$ nats-server --version | cut -d: -f1", "nats-server"))[:2], (0, ""))

    def test_shell_commands_are_recorded_or_say_why_not(self):
        for language in ("sh", "bash", "console"):
            code, said, _ = self.record(f"```{language}\n$ true\n```\n")
            self.assertEqual(code, 1)
            self.assertRegex(said, r"document\.md:1: shell commands that are neither recorded nor say why not")
        self.assertEqual(self.record("<!-- session: not recorded: it takes an hour -->\n```sh\nfalse\n```\n")[:2], (0, ""))
        self.assertEqual(self.record("```cpp\nint main() {}\n```\n")[:2], (0, ""))

    def test_what_cannot_be_understood_is_said_with_its_line(self):
        for text, expected in (
            ("<!-- session -->\ntext\n", r"line 2: no block follows"),
            ("<!-- session -->\n```console\n$ true\n", r"line 2: the block does not end"),
            ("<!-- session -->\n```console\nno prompt\n```\n", r"line 3: a session begins with"),
            ("<!-- session -->\n```sh\ntrue\n```\n", r"line 2: a session is a block of ```console"),
        ):
            code, said, _ = self.record(text)
            self.assertEqual(code, 1)
            self.assertTrue(re.search(expected, said), said)


if __name__ == "__main__":
    unittest.main(verbosity=1)
