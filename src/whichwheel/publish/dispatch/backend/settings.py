"""What the user says to the build of a dispatch package: config settings and variables."""

import difflib
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Self, TypeVar

from packaging.utils import InvalidName, NormalizedName, canonicalize_name

from whichwheel.spec.errors import WhichwheelError
from whichwheel.spec.properties import NAME_PATTERN, InvalidLabel, VariantLabel, parse_label
from whichwheel.target.gpus import GpuPolicy
from whichwheel.target.settings import ProviderSettings, parse_given

__all__ = ["BuildSettings", "ConfigSettings", "InvalidSetting"]

#: As frontends hand them over (PEP 517).
ConfigSettings = Mapping[str, object]

_Text = TypeVar("_Text")
_Value = TypeVar("_Value")

_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"0", "false", "no", "off", ""})
_PREFIX = "WHICHWHEEL_"


class InvalidSetting(WhichwheelError, ValueError):
    """A config setting, or its variable, that cannot be understood.

    :param name: the setting or the variable
    :param why: what is wrong with its value
    """

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"`{name}`: {why}", hint="correct it, or leave it out")
        self.name = name
        self.why = why


@dataclass(frozen=True, slots=True)
class BuildSettings:
    """What the user says.

    :param label: the variant picked by hand
    :param providers: what is said of providers
    :param find_links: where wheels are looked for before they are fetched, as given
    :param log: whether to say of each wheel what speaks for or against it
    :param unknown: config settings that nobody here knows
    """

    label: VariantLabel | None
    providers: ProviderSettings
    find_links: tuple[str, ...]
    log: bool
    unknown: tuple[str, ...] = ()

    @classmethod
    def read(
        cls,
        name: NormalizedName,
        given: ConfigSettings | None,
        environ: Mapping[str, str] = os.environ,
    ) -> Self:
        """Read config settings; each that is not given comes from its ``WHICHWHEEL_*`` variable.

        :param name: the project that is built
        :param given: as the frontend hands them over; a value may be a list of texts
        :raises InvalidSetting: if one cannot be understood
        """
        settings = _Given(given or {}, environ)
        gpus = settings.last("gpus")
        providers = ProviderSettings(
            properties=settings.read("set", parse_given, ";"),
            enabled=settings.read("enable", _namespaces),
            disabled=settings.read("unset", _namespaces),
            gpus=None if gpus is None else settings.checked("gpus", GpuPolicy.parse, gpus),
        )
        return cls(
            label=settings.read("variant", lambda texts: _label(texts, name)),
            providers=providers,
            find_links=settings.paths("find-links"),
            log=settings.checked("log", _flag, settings.last("log") or ""),
            unknown=settings.unknown(),
        )


class _Given:
    """Config settings by name, with the variables behind them."""

    _NAMES = ("variant", "set", "unset", "enable", "gpus", "find-links", "log")

    def __init__(self, given: ConfigSettings, environ: Mapping[str, str]) -> None:
        self._given = {key.replace("_", "-"): value for key, value in given.items()}
        self._environ = environ

    def texts(self, name: str, separator: str | None = None) -> tuple[str, ...]:
        """Return all values of a setting.

        :param separator: what stands between several in one text; None for white space
        """
        return tuple(text for value in self._values(name) for text in _split(value, separator))

    def paths(self, name: str) -> tuple[str, ...]:
        """Return paths: one in each value, or several in the variable."""
        return tuple(self._values(name)) if name in self._given else self.texts(name)

    def _values(self, name: str) -> Iterator[str]:
        if name not in self._given:
            yield self._environ.get(self._variable(name), "")
            return
        value = self._given[name]
        yield from (str(item) for item in (value if isinstance(value, list) else [value]))

    def last(self, name: str) -> str | None:
        """Return the last value of a setting, None if it has none."""
        values = [value for value in self._values(name) if value]
        return values[-1] if values else None

    def read(
        self,
        name: str,
        parse: Callable[[tuple[str, ...]], _Value],
        separator: str | None = None,
    ) -> _Value:
        """Return what all values of a setting mean."""
        return self.checked(name, parse, self.texts(name, separator))

    def checked(self, name: str, parse: Callable[[_Text], _Value], text: _Text) -> _Value:
        """Return what a value means, or say which setting is wrong."""
        try:
            return parse(text)
        except InvalidSetting:
            raise
        except (WhichwheelError, ValueError) as error:
            shown = name if name in self._given else self._variable(name)
            raise InvalidSetting(shown, str(error)) from None

    @staticmethod
    def _variable(name: str) -> str:
        return _PREFIX + name.replace("-", "_").upper()

    def unknown(self) -> tuple[str, ...]:
        """Return the settings that are not known, each with a suggestion."""
        found = []
        for name in self._given:
            if name not in self._NAMES:
                close = difflib.get_close_matches(name, self._NAMES, 1)
                found.append(f"`{name}`" + (f" (did you mean `{close[0]}`?)" if close else ""))
        return tuple(found)


def _split(text: str, separator: str | None) -> list[str]:
    return [part.strip() for part in text.split(separator) if part.strip()]


def _namespaces(texts: tuple[str, ...]) -> frozenset[str]:
    for text in texts:
        if not NAME_PATTERN.fullmatch(text):
            raise ValueError(f"`{text}` is not a namespace")
    return frozenset(texts)


def _label(texts: tuple[str, ...], project: NormalizedName) -> VariantLabel | None:
    """Return the label picked for a project: ``LABEL``, or ``NAME=LABEL`` where others are built.

    :raises ValueError: if one is neither
    """
    picked = None
    for text in texts:
        name, separator, label = text.rpartition("=")
        try:
            if not separator or canonicalize_name(name.strip(), validate=True) == project:
                picked = parse_label(label.strip())
        except InvalidName:
            raise ValueError(f"`{name}` is not the name of a project") from None
        except InvalidLabel as error:
            raise ValueError(error.message) from None
    return picked


def _flag(text: str) -> bool:
    lowered = text.strip().lower()
    if lowered not in _TRUE | _FALSE:
        raise ValueError(f"`{text}` is neither yes nor no")
    return lowered in _TRUE
