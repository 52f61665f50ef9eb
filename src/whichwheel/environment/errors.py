"""What can go wrong when an environment is read or changed."""

from collections.abc import Mapping
from pathlib import Path

from whichwheel.spec.errors import WhichwheelError

__all__ = [
    "CacheFailed",
    "CannotRemove",
    "ChangeFailed",
    "EnvironmentNotWritable",
    "ExternallyManaged",
    "FileConflict",
    "LinkFailed",
    "NotInstalled",
    "PlanOutdated",
]


class EnvironmentNotWritable(WhichwheelError):
    """An environment cannot be changed by this user.

    :param folder: the folder that cannot be written
    """

    def __init__(self, folder: Path, why: str = "it is not writable") -> None:
        super().__init__(
            f"the environment cannot be changed: `{folder}`: {why}",
            hint="use a virtual environment of your own, and name it with `--python`",
        )
        self.folder = folder


class ExternallyManaged(WhichwheelError):
    """An environment belongs to another tool (PEP 668).

    :param prefix: the environment
    :param explanation: what the other tool has to say
    """

    def __init__(self, prefix: Path, explanation: str) -> None:
        said = " ".join(explanation.split())
        super().__init__(
            f"the environment `{prefix}` is externally managed" + (f": {said}" if said else ""),
            hint="use a virtual environment, or `--break-system-packages` if you accept the risk",
        )
        self.prefix = prefix
        self.explanation = explanation


class FileConflict(WhichwheelError):
    """Two packages want different files in one place.

    :param path: the place
    :param packages: both packages, as ``name version``
    """

    def __init__(self, path: Path, packages: tuple[str, str]) -> None:
        super().__init__(
            f"`{packages[0]}` would overwrite `{path}`, which belongs to `{packages[1]}`",
            hint="the two cannot be installed together; leave one of them out",
        )
        self.path = path
        self.packages = packages


class CacheFailed(WhichwheelError):
    """The cache of unpacked wheels cannot be written or read.

    :param path: the file or folder at which it failed
    """

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(
            f"the cache cannot be used: `{path}`: {why}",
            hint="make room or set another folder with `--cache-dir`",
        )
        self.path = path
        self.why = why


class CannotRemove(WhichwheelError):
    """An installed distribution that cannot be removed safely.

    :param name: the distribution
    :param why: what is missing
    """

    def __init__(self, name: str, why: str, *, hint: str) -> None:
        super().__init__(f"`{name}` cannot be uninstalled: {why}", hint=hint)
        self.name = name
        self.why = why


class NotInstalled(WhichwheelError):
    """Packages that were to be removed are not installed.

    :param names: the missing names
    :param suggestions: installed names that look alike, by missing name
    """

    def __init__(self, names: tuple[str, ...], suggestions: Mapping[str, tuple[str, ...]]) -> None:
        listed = ", ".join(f"`{name}`" for name in names)
        alike = [other for name in names for other in suggestions.get(name, ())]
        super().__init__(
            f"{listed} {'is' if len(names) == 1 else 'are'} not installed",
            hint=f"did you mean {', '.join(f'`{name}`' for name in alike)}?"
            if alike
            else "`whichwheel list` lists what is, and `--python` names another environment",
        )
        self.names = names
        self.suggestions = suggestions


class PlanOutdated(WhichwheelError):
    """An environment changed between planning and applying.

    :param name: the distribution that is no longer as planned
    """

    def __init__(self, name: str) -> None:
        super().__init__(
            f"the environment changed meanwhile: `{name}` is no longer as it was",
            hint="run the command again",
        )
        self.name = name


class LinkFailed(WhichwheelError):
    """A file cannot be linked in the way the user asked for.

    :param mode: ``clone``, ``hardlink`` or ``copy``
    :param source: the file in the cache
    :param target: where it was to appear
    """

    def __init__(self, mode: str, source: Path, target: Path, why: str) -> None:
        super().__init__(
            f"cannot {mode} `{source}` to `{target}`: {why}",
            hint="leave `--link-mode` away, or use `--link-mode copy`",
        )
        self.mode = mode
        self.source = source
        self.target = target


class ChangeFailed(WhichwheelError):
    """A change failed half way and was undone.

    :param path: the file or folder at which it failed, if known
    :param why: what the system said
    :param left: files that could not be put back, if any
    """

    def __init__(self, path: Path | None, why: str, left: tuple[Path, ...] = ()) -> None:
        where = f" at `{path}`" if path is not None else ""
        if left:
            listed = ", ".join(f"`{each}`" for each in left[:5])
            outcome = f"and could not be undone whole; look at {listed}"
        else:
            outcome = "and was undone; the environment is as before"
        super().__init__(f"the change failed{where}: {why}; it stopped there {outcome}")
        self.path = path
        self.why = why
        self.left = left
