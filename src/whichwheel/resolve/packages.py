"""What the solver decides on: projects, the virtual packages that hang on them, and axes."""

from typing import NamedTuple

from packaging.utils import NormalizedName

__all__ = ["Package"]


class Package(NamedTuple):
    """A project, an extra of it, or the variant of either.

    ``foo`` carries what all its variants need. ``foo`` by variant carries what one variant
    needs beyond that: its places are the variants of all versions, best first in each.
    ``foo[x]`` and ``foo[x]`` by variant carry what the extra adds to either.

    The solver looks up packages more than anything else, and a tuple is looked up fastest.

    An axis has values as its places, and nothing needs more of it than that they agree.

    :param name: of the project, or of the axis
    :param extra: the normalized extra
    :param by_variant: whether its places are variants instead of versions
    :param is_axis: whether its places are values of an axis
    """

    name: NormalizedName
    extra: str | None = None
    by_variant: bool = False
    is_axis: bool = False

    @classmethod
    def of_axis(cls, name: str) -> "Package":
        """Return the package that an axis is to the solver."""
        return cls(NormalizedName(name), is_axis=True)

    @property
    def has_versions(self) -> bool:
        """Whether its places are versions of a project."""
        return not (self.by_variant or self.is_axis)

    def __str__(self) -> str:
        extra = f"[{self.extra}]" if self.extra is not None else ""
        return f"{self.name}{extra}{' by variant' * self.by_variant}"
