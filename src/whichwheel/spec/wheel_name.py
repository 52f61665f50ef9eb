"""Wheel file names with an optional variant label (PEP 825, Variant label).

Wheels that stand beside a selector file have a suffix after the platform tag instead, as
``foo-1.0-py3-none-any+x86_64_v3.whl``; it becomes the label.
"""

from functools import lru_cache
from math import prod

from packaging.tags import Tag
from packaging.utils import (
    BuildTag,
    InvalidWheelFilename,
    NormalizedName,
    parse_wheel_filename,
)
from packaging.version import Version

from whichwheel.spec.errors import WhichwheelError
from whichwheel.spec.properties import NULL_LABEL, InvalidLabel, VariantLabel, parse_label
from whichwheel.spec.specifiers import has_endless_number
from whichwheel.spec.values import dataclass

__all__ = ["InvalidWheelName", "WheelName"]

_LONG, _SHORT = 6, 5
#: Most compatibility tags that one name may stand for; real ones stand for a dozen.
_MOST_TAGS = 10_000
#: Longest suffix of a selector file's wheel.
_LONGEST_SUFFIX = 100


class InvalidWheelName(WhichwheelError, ValueError):
    """A file name is not that of a wheel.

    :param filename: the name as given
    :param why: what is wrong with it
    """

    def __init__(self, filename: str, why: str) -> None:
        super().__init__(
            f"`{filename}` is not a wheel file name: {why}",
            hint="a wheel is named `name-version[-build]-python-abi-platform[-label].whl`",
        )
        self.filename = filename
        self.why = why


# All variants of a release share the name without the label: one parse serves them.
@lru_cache(maxsize=4096)
def _parse_without_label(
    filename: str,
) -> tuple[NormalizedName, Version, BuildTag, frozenset[Tag]]:
    if has_endless_number(filename):
        raise InvalidWheelFilename("a number has thousands of digits")
    tags = filename.removesuffix(".whl").split("-")[-3:]
    number = prod(part.count(".") + 1 for part in tags)
    if number > _MOST_TAGS:
        raise InvalidWheelFilename(f"its compressed tags stand for {number} tags")
    return parse_wheel_filename(filename)


@dataclass(frozen=True, slots=True)
class WheelName:
    """The parts of a wheel's file name.

    :param filename: the whole name
    :param label: the variant label, or None for a wheel that is no variant
    :param suffix: what follows the platform tag after ``+``, from which the label then comes;
        empty for a name as PEP 825 has it
    """

    filename: str
    name: NormalizedName
    version: Version
    build: BuildTag
    tags: frozenset[Tag]
    label: VariantLabel | None
    suffix: str = ""

    @classmethod
    def parse(cls, filename: str) -> "WheelName":
        """Read a wheel's file name.

        For a name without label the parts equal those of
        :func:`packaging.utils.parse_wheel_filename`.

        :raises InvalidWheelName: if the name is not that of a wheel, or the label not a label

        >>> WheelName.parse("numpy-2.3.2-cp313-cp313t-musllinux_1_2_x86_64-x86_64_v3.whl").label
        'x86_64_v3'
        >>> WheelName.parse("flint-0.6.0-cp312-cp312-win_amd64+x86_64_v3.whl").label
        'x86_64_v3'
        """
        plain, label, suffix = _split(filename)
        try:
            name, version, build, tags = _parse_without_label(plain)
        except InvalidWheelFilename as error:
            raise InvalidWheelName(filename, str(error)) from None
        if any(tag.interpreter[:1].isdigit() for tag in tags):
            raise InvalidWheelName(filename, "its Python tag starts with a digit")
        return cls(filename, name, version, build, tags, label, suffix)

    @property
    def without_label(self) -> str:
        """The file name of the same wheel as a plain one."""
        return _split(self.filename)[0]

    def with_label(self, label: VariantLabel | None) -> "WheelName":
        """Return the name of the same wheel under another label, or under none."""
        stem = self.without_label.removesuffix(".whl")
        return WheelName.parse(f"{stem}-{label}.whl" if label is not None else f"{stem}.whl")


def _split(filename: str) -> tuple[str, VariantLabel | None, str]:
    """Take the label or the suffix off, and return the plain name, the label and the suffix.

    A name of 7 parts has a label, as has one of 6 without build number.
    """
    if not filename.endswith(".whl"):
        return filename, None, ""
    parts = filename.removesuffix(".whl").split("-")
    has_build = len(parts) > _SHORT and parts[2][:1].isdigit()
    number = len(parts) - has_build
    platform, plus, suffix = parts[-1].partition("+")
    if number == _SHORT and plus:
        label = _suffix_label(filename, suffix)
        return "-".join([*parts[:-1], platform]) + ".whl", label, suffix
    if number != _LONG:
        return filename, None, ""
    try:
        label = parse_label(parts[-1])
    except InvalidLabel as error:
        raise InvalidWheelName(filename, error.message) from None
    if "+" in parts[-2]:
        raise InvalidWheelName(filename, "it has both a suffix and a label, or a `-` in its suffix")
    return "-".join(parts[:-1]) + ".whl", label, ""


def _suffix_label(filename: str, suffix: str) -> VariantLabel:
    """Return the label that a suffix stands for: its parts, joined by dots."""
    if len(suffix) > _LONGEST_SUFFIX:
        why = f"its suffix is longer than {_LONGEST_SUFFIX} characters"
        raise InvalidWheelName(filename, why)
    try:
        label = VariantLabel(".".join(parse_label(part) for part in suffix.split("+")))
    except InvalidLabel as error:
        raise InvalidWheelName(filename, f"its suffix is no label: {error.message}") from None
    if label == NULL_LABEL:
        raise InvalidWheelName(filename, f"its suffix is `{label}`, which is reserved")
    return label
