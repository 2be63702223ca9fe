#!/usr/bin/env python3
"""Shows that each command and option of mote in docs/command-comparison.md exists, and each of nats where that is installed.
  usage: command_table_test.py MOTE_PROGRAM"""

import os
import re
import subprocess
import sys

DOCUMENT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../docs/command-comparison.md")


def help_of(program, *words):
    """The help text, and whether the program knows what it was asked for."""
    ended = subprocess.run([program, *words, "--help"], capture_output=True, text=True, check=False, timeout=60)
    return ended.stdout + ended.stderr, ended.returncode == 0


def names_in(text):
    """What a help text lists as the first word of a line that is indented, aliases with it."""
    return {name for line in text.split("\n") for names in re.findall(r"^ +((?:[a-z-]+(?:, ?)?)+)", line)
            for name in re.split(r", ?", names)}


def wrong_of_mote(mote, words):
    text, _ = help_of(mote)
    if words[0].startswith("--"):
        return None
    if words[0] not in names_in(text):
        return f"there is no `mote {words[0]}`"
    text, _ = help_of(mote, words[0])
    sub = [word for word in words[1:2] if re.fullmatch(r"[a-z]+", word)]
    takes_a_word = {"completion": ("bash", "zsh", "fish")}.get(words[0], ())
    if sub and sub[0] not in names_in(text) and sub[0] not in takes_a_word:
        return f"there is no `mote {words[0]} {sub[0]}`"
    for word in words[1:]:
        # The members of a schema are no options.
        if word.startswith("-") and word != "--id" and not re.search(rf"(^|[\s,]){re.escape(word)}\b", text, re.M):
            return f"`mote {words[0]}` has no {word}"
    return None


def wrong_of_nats(nats, words):
    names = []
    for word in words:
        if not re.fullmatch(r"[a-z]+", word):
            break
        names.append(word)
    text, known = help_of(nats, *names)
    if not known or f"usage: nats {' '.join(names)}" not in text:
        return f"there is no `nats {' '.join(names)}`"
    for word in words:
        if word.startswith("--") and not re.search(re.escape(word.replace("--", "")) + r"\b", text):
            return f"`nats {' '.join(names)}` has no {word}"
    return None


def main():
    mote, nats = sys.argv[1], os.environ.get("MOTE_NATS_CLI")
    wrong, checked = [], {"mote": 0, "nats": 0}
    with open(DOCUMENT, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            for code in re.findall(r"`([^`]+)`", line):
                program, *words = code.split()
                if not words or program not in checked or program == "nats" and not nats or words[0].startswith("--"):
                    continue
                checked[program] += 1
                found = wrong_of_mote(mote, words) if program == "mote" else wrong_of_nats(nats, words)
                if found:
                    wrong.append(f"docs/command-comparison.md:{number}: {found}")
    print("\n".join(sorted(set(wrong), key=wrong.index)))
    print(f"command_table_test: {checked['mote']} commands of mote, {checked['nats']} of nats")
    assert checked["mote"] > 40, "the table has lost its commands"
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
