"""The wheel of a dispatch package for the machine that it is built on."""

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from whichwheel.choose.choice import Choice, Status
from whichwheel.choose.choosing import Preferences, choose
from whichwheel.publish.dispatch.backend.settings import BuildSettings
from whichwheel.publish.dispatch.document import DispatchDocument, DispatchWheel
from whichwheel.sources.release import File, Release, VariantData, Wheel
from whichwheel.spec.abi_dependency import is_abi_namespace
from whichwheel.spec.errors import WhichwheelError
from whichwheel.target.detection.detector import Detector
from whichwheel.target.interpreters.description import running_interpreter
from whichwheel.target.providers.catalogue import CATALOGUE
from whichwheel.target.settings import ProviderSettings
from whichwheel.target.target import Target
from whichwheel.target.this_machine import this_machine

__all__ = ["Chosen", "NothingFits", "choice_lines", "choose_wheel"]

_MOST_LISTED = 40


class NothingFits(WhichwheelError):
    """No wheel of the release fits this machine.

    :param choice: why
    """

    def __init__(self, document: DispatchDocument, choice: Choice, picked: str | None) -> None:
        labels = sorted(document.variants.variants)
        if picked is not None and all(wheel.name.label != picked for wheel in document.wheels):
            listed = ", ".join(f"`{label}`" for label in labels)
            super().__init__(
                f"`{document.name}` {document.version} has no variant `{picked}`; it has {listed}"
            )
        else:
            lines = "".join(f"\n    {line}" for line in choice_lines(choice))
            super().__init__(
                f"no wheel of `{document.name}` {document.version} fits this machine:{lines}",
                hint="take another version, or say what the machine supports with the config"
                " setting `set`, as `set=nvidia :: cuda_version_lower_bound :: 12.8`",
            )
        self.choice = choice


class Chosen:
    """A wheel and why it was chosen.

    :param wheel: the wheel
    :param choice: why
    """

    __slots__ = ("choice", "wheel")

    def __init__(self, wheel: DispatchWheel, choice: Choice) -> None:
        self.wheel = wheel
        self.choice = choice


def choose_wheel(
    document: DispatchDocument,
    settings: BuildSettings,
    *,
    warn: Callable[[str], None],
    environ: Mapping[str, str] = os.environ,
) -> Chosen:
    """Choose the wheel for the Python and the machine that we run on.

    :param warn: told once of every detection that failed
    :raises NothingFits: if every wheel is refused
    :raises InvalidOverride: if an override variable that bears on the answer cannot be read
    """
    wheels = {wheel.name.filename: wheel for wheel in document.wheels}
    release = Release(
        document.name,
        document.version,
        "the dispatch package",
        tuple(map(_as_listed, document.wheels)),
    )
    preferences = Preferences(
        labels={} if settings.label is None else {document.name: settings.label}
    )
    target = _target(document, settings.providers, warn, environ)
    choice = choose(release, VariantData(document.variants, "index"), target, preferences)
    if choice.chosen is None:
        raise NothingFits(document, choice, settings.label)
    return Chosen(wheels[choice.chosen.file.filename], choice)


def _as_listed(wheel: DispatchWheel) -> Wheel:
    file = File(
        wheel.name.filename,
        wheel.url or "",
        {"sha256": wheel.sha256},
        wheel.requires_python,
        size=wheel.size,
    )
    return Wheel(file, wheel.name)


def _target(
    document: DispatchDocument,
    settings: ProviderSettings,
    warn: Callable[[str], None],
    environ: Mapping[str, str],
) -> Target:
    # Of providers that did not come along, nothing can be asked, and nothing has to be.
    silent = {
        variable
        for entry in CATALOGUE.values()
        if entry.name not in document.providers
        for variable in entry.overrides
    }
    seen = {name: value for name, value in environ.items() if name not in silent}
    # A build sees nothing of the environment that its wheel goes to.
    used = {name for properties in document.variants.variants.values() for name in properties}
    bound = {
        namespace
        for namespace in used
        if is_abi_namespace(namespace, document.variants.providers)
        and namespace not in settings.properties
    }
    return this_machine(
        running_interpreter(),
        detector=Detector({**seen, "VIRTUAL_ENV": sys.prefix}, warn=warn),
        settings=replace(settings, disabled=settings.disabled | bound),
        gpus_from="the config setting `gpus`",
    )


def choice_lines(choice: Choice) -> Iterator[str]:
    """Say of each wheel what became of it and why, the best first."""
    for judged in choice.judgements[:_MOST_LISTED]:
        name = judged.wheel.file.filename
        status = "" if judged.status is Status.OUTRANKED else f"{judged.status}: "
        yield f"{name}: {status}{'; '.join(reason.message for reason in judged.reasons)}"
    rest = len(choice.judgements) - _MOST_LISTED
    if rest > 0:
        yield f"and {rest} more"
