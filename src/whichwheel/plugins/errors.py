"""What can go wrong with code of others, and with the trust that a user puts into it."""

from collections.abc import Sequence
from pathlib import Path

from whichwheel.spec.errors import WhichwheelError
from whichwheel.spec.metadata import MetadataFault

__all__ = [
    "InvalidTrust",
    "NoExecutable",
    "NotTrusted",
    "PinChanged",
    "PluginEnvironmentFailed",
    "ProviderFailed",
    "TrustNotKept",
]

_SHOWN = 5


class InvalidTrust(WhichwheelError, ValueError):
    """A trust file that cannot be used; nothing is trusted then.

    :param path: the file
    :param faults: all faults, in the order of the file
    """

    def __init__(self, path: Path, faults: Sequence[MetadataFault]) -> None:
        listed = "; ".join(str(fault) for fault in faults[:_SHOWN])
        more = f"; and {len(faults) - _SHOWN} more" if len(faults) > _SHOWN else ""
        super().__init__(
            f"the trust file `{path}` is not usable: {listed}{more}",
            hint="correct it, or delete it and trust anew with `whichwheel providers trust`",
        )
        self.path = path
        self.faults = tuple(faults)


class TrustNotKept(WhichwheelError):
    """The trust file cannot be written.

    :param path: the file
    """

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(
            f"the trust file `{path}` cannot be written: {why}",
            hint="check that its folder can be written to",
        )
        self.path = path
        self.why = why


class NotTrusted(WhichwheelError):
    """What was to be trusted no longer never was.

    :param name: the package or executable
    :param trusted: what is trusted
    """

    def __init__(self, name: str, trusted: Sequence[str]) -> None:
        listed = ", ".join(f"`{each}`" for each in trusted)
        super().__init__(
            f"`{name}` is not trusted",
            hint=f"trusted: {listed}" if listed else "nothing is trusted",
        )
        self.name = name
        self.trusted = tuple(trusted)


class NoExecutable(WhichwheelError):
    """An executable that is no provider, or is not there.

    :param name: as given
    :param why: what is wrong with it
    """

    def __init__(self, name: str, why: str) -> None:
        super().__init__(
            f"`{name}` cannot be a provider: {why}",
            hint="an executable provider is a program named `whichwheel-provider-NAME`",
        )
        self.name = name
        self.why = why


class PinChanged(WhichwheelError):
    """A file that was trusted is another one now.

    :param name: the file
    :param expected: the SHA-256 that is trusted
    :param found: the one it has
    :param trust: what `providers untrust` takes
    """

    def __init__(self, name: str, expected: str, found: str, trust: str) -> None:
        super().__init__(
            f"`{name}` is not the file that was trusted: expected sha256 `{expected}`, "
            f"found `{found}`",
            hint=f"if you know why it changed: `whichwheel providers untrust {trust}`, "
            "then trust it anew",
        )
        self.name = name
        self.expected = expected
        self.found = found


class PluginEnvironmentFailed(WhichwheelError):
    """The environment of a plugin cannot be made.

    :param folder: where it was to be
    """

    def __init__(self, folder: Path, why: str) -> None:
        super().__init__(
            f"the environment of a plugin cannot be made in `{folder}`: {why}",
            hint="make room or set another folder with `--cache-dir`",
        )
        self.folder = folder
        self.why = why


class ProviderFailed(WhichwheelError):
    """A plugin or an executable that did not give a usable answer.

    :param provider: its name, for people
    :param why: what happened, and what was expected
    """

    def __init__(self, provider: str, why: str) -> None:
        super().__init__(
            f"the provider `{provider}` failed: {why}",
            hint="give the properties by hand with `--set`, or turn the namespace off with "
            "`--unset`",
        )
        self.provider = provider
        self.why = why
