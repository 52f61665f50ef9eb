"""Whose sources may be built: building runs their code."""

from dataclasses import dataclass

from packaging.utils import NormalizedName

__all__ = ["ALL", "BuildPolicy", "Projects"]

ALL = ":all:"


@dataclass(frozen=True, slots=True)
class Projects:
    """Some projects, or all.

    >>> from packaging.utils import canonicalize_name
    >>> canonicalize_name("foo") in Projects(everything=True)
    True
    """

    names: frozenset[NormalizedName] = frozenset()
    everything: bool = False

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
