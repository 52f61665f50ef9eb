"""The console command; `--version` is answered before anything else is loaded."""

import gc
import os
import sys

from whichwheel._version import __version__

__all__ = ["main"]

#: What a shell reports for a program that Ctrl-C ended.
_INTERRUPTED = 130
#: What it adds to the number of a signal.
_SIGNALLED = 128


def main() -> int:
    """Run the command line of this process.

    :return: the exit code: 0 done, 1 could not, 2 wrong use, 128 and the number of the signal that
        ended it: 130 for Ctrl-C
    """
    arguments = sys.argv[1:]
    if arguments in (["--version"], ["-V"]):
        sys.stdout.write(f"whichwheel {__version__}\n")
        return 0
    # A run is short and keeps what it reads: looking for garbage among it would take a fifth
    # of the time where an index lists thousands of files.
    gc.set_threshold(100_000, 50, 100)
    try:
        from whichwheel.cli.nothing_to_do import known_answer  # noqa: PLC0415 -- start-up time

        said = known_answer(arguments)
        if said is not None:
            sys.stdout.write(f"{said}\n" if said else "")
            return 0
        from whichwheel.cli.ending import end_when_asked  # noqa: PLC0415 -- start-up time

        end_when_asked()
        from whichwheel.cli.application import run  # noqa: PLC0415 -- start-up time

        code = run(arguments)
    except KeyboardInterrupt as error:
        sys.stderr.write(f"error: {str(error) or 'interrupted'}\n")
        code = getattr(error, "code", _INTERRUPTED)
    if code > _SIGNALLED:
        # An ordinary end would wait for downloads in other threads, which nobody wants any more.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    return code


if __name__ == "__main__":
    sys.exit(main())
