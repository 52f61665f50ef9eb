"""What options and commands of pip and uv that are none of ours are called here."""

__all__ = ["called_here", "command_called_here"]

_CALLED = {
    "--uploaded-prior-to": "`--exclude-newer` is what this is called here",
    "--index": "an index beside the first is named with `--extra-index-url`",
    "--default-index": "the first index is named with `--index-url`",
    "--no-cache-dir": "`--no-cache` is what this is called here",
    "--refresh-package": "`--refresh` asks again for everything that is cached",
    "--requirements": "`--requirement` is what this is called here",
    "--constraints": "`--constraint` is what this is called here",
    "--prerelease": "`--pre` takes pre-releases like any other version",
    "--no-build": "nothing is built unless `--allow-build` says so; `--only-binary :all:` takes "
    "back what a configuration allows",
    "--no-build-package": "`--only-binary NAME` is what this is called here",
    "--no-binary-package": "`--no-binary NAME` is what this is called here",
    "--no-build-isolation-package": "`--no-build-isolation` holds for all packages",
    "--ignore-installed": "`--reinstall` installs anew what is there",
    "--prefer-binary": "sources are built only where `--allow-build` says so",
    "--exact": "`whichwheel sync` makes an environment exactly what a file says",
    "--output-format": "`--json` prints a document",
    "--format": "`--json` prints a document",
    "--platform": "`--for` chooses for another machine",
    "--python-platform": "`--for` chooses for another machine",
    "--python-version": "`--for` chooses for another machine, and `--python` for another Python",
    "--implementation": "`--python pypy` is what this is called here",
    "--abi": "`--for` chooses for another machine",
    "--torch-backend": "the build that fits the machine is taken anyway; `--variant NAME=LABEL` "
    "picks one by hand",
    "--upgrade-strategy": "`--upgrade` takes the newest of everything, `--upgrade-package` of one",
    "--user": "packages go into an environment: `--python` names it",
    "--target": "packages go into an environment: `--python` names it",
    "--prefix": "packages go into an environment: `--python` names it",
    "--root": "packages go into an environment: `--python` names it",
    "-t": "packages go into an environment: `--python` names it",
    "--yes": "leave it out: nothing is asked",
    "-y": "leave it out: nothing is asked",
}

_COMMANDS_CALLED = {
    "add": "`whichwheel install` installs",
    "compile": "`whichwheel lock` locks",
    "remove": "`whichwheel uninstall` removes",
    "update": "`whichwheel install --upgrade` takes the newest",
    "upgrade": "`whichwheel install --upgrade` takes the newest",
    "outdated": "`whichwheel list --outdated` lists what is outdated",
    "show": "`whichwheel list` lists what is installed, and `whichwheel explain` what would be",
    "inspect": "`whichwheel list --json` tells programs what is installed",
    "pip": "leave it out: `whichwheel install` is the whole command",
    "venv": "`python -m venv .venv` makes an environment",
}


def called_here(option: str) -> str | None:
    """Return what to say to who gives an option of another tool, None if it is of none.

    >>> called_here("--no-cache-dir")
    '`--no-cache` is what this is called here'
    """
    return _CALLED.get(option)


def command_called_here(command: str) -> str | None:
    """Return what to say to who gives a command of another tool, None if it is of none."""
    return _COMMANDS_CALLED.get(command)
