"""The entry of `python -m nn_core`; the commands are in `nn_core.tools.command_line`."""

from nn_core.tools.command_line import run_as_program

if __name__ == "__main__":
    run_as_program()
