"""Whose sources may be built: building runs their code."""

from collections.abc import Iterable
from typing import Self

from packaging.utils import NormalizedName, canonicalize_name

from whichwheel.spec.values import dataclass

__all__ = ["ALL", "BuildPolicy", "Projects"]

ALL = ":all:"
_NONE = ":none:"


@dataclass(frozen=True, slots=True)
class Projects:
    """Some projects, or all.

    >>> from packaging.utils import canonicalize_name
    >>> canonicalize_name("foo") in Projects(everything=True)
    True
    """

    names: frozenset[NormalizedName] = frozenset()
    everything: bool = False

    @classmethod
    def parse(cls, texts: Iterable[str]) -> Self:
        """Read names as pip does: several with commas, ``:none:`` takes back what came before.

        :raises InvalidName: if one is neither the name of a project nor ``:all:``

        >>> Projects.parse(["Foo,bar", ":none:", "baz"]).names
        frozenset({'baz'})
        """
        names: set[NormalizedName] = set()
        everything = False
        for text in (part.strip() for whole in texts for part in whole.split(",")):
            if text == _NONE:
                names, everything = set(), False
            elif text == ALL:
                everything = True
            else:
                names.add(canonicalize_name(text, validate=True))
        return cls(frozenset(names), everything=everything)

    def __or__(self, other: "Projects") -> "Projects":
        return Projects(self.names | other.names, everything=self.everything or other.everything)

    def __contains__(self, name: NormalizedName) -> bool:
        return self.everything or name in self.names

    def __bool__(self) -> bool:
        return self.everything or bool(self.names)


@dataclass(frozen=True, slots=True)
class BuildPolicy:
    """What the user trusts to run its own code here.

    :param allowed: may be built where no wheel fits
    :param always: are built even where a wheel fits
    :param never: are not built, whatever else is said
    """

    allowed: Projects = Projects()
    always: Projects = Projects()
    never: Projects = Projects()

    def allows(self, name: NormalizedName) -> bool:
        """Whether the sources of a project may be built."""
        return name not in self.never and (name in self.allowed or name in self.always)

    def demands(self, name: NormalizedName) -> bool:
        """Whether nothing but its sources will do."""
        return self.allows(name) and name in self.always

    @property
    def builds_nothing(self) -> bool:
        """Whether no project's sources may be built."""
        return self.never.everything or not (self.allowed or self.always)
