"""The console command; `--version` is answered before anything else is loaded."""

import sys

from whichwheel._version import __version__

__all__ = ["main"]


def main() -> int:
    """Run the command line of this process.

    :return: the exit code: 0 done, 1 could not, 2 wrong use
    """
    arguments = sys.argv[1:]
    if arguments in (["--version"], ["-V"]):
        sys.stdout.write(f"whichwheel {__version__}\n")
        return 0
    from whichwheel.cli.application import run  # noqa: PLC0415 -- start-up time

    return run(arguments)


if __name__ == "__main__":
    sys.exit(main())
