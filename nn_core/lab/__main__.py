"""The command line for those who teach: `python -m nn_core.lab --help`."""

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module

# Each is a module of `nn_core.lab.classroom`, with functions `add_options(parser)` and
# `run(options)`. A module is imported when its command is given.
COMMANDS = {
    "assignments": "write assignments: notebooks for a class, and what grades them",
    "grade": "mark the notebooks that a class handed in",
    "exam": "write an exam and its key",
}


def main(arguments: Sequence[str]) -> int:
    """Run a command, and give its exit code: 0, or 1 if something is wrong, said in one line."""
    parser = argparse.ArgumentParser(
        prog="python -m nn_core.lab", description="Assignments and exams from the course."
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, words in COMMANDS.items():
        command = commands.add_parser(name, help=words, description=f"{words.capitalize()}.")
        if name in arguments[:1]:
            import_module(f"nn_core.lab.classroom.{name}").add_options(command)
    options = parser.parse_args(arguments)
    try:
        import_module(f"nn_core.lab.classroom.{options.command}").run(options)
    except (ValueError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
