"""What the solver decides on: projects, and the virtual packages that hang on them."""

from dataclasses import dataclass

from packaging.utils import NormalizedName

__all__ = ["Package"]


@dataclass(frozen=True, slots=True)
class Package:
    """A project, an extra of it, or the variant of either.

    ``foo`` carries what all its variants need. ``foo`` by variant carries what one variant
    needs beyond that: its places are the variants of all versions, best first in each.
    ``foo[x]`` and ``foo[x]`` by variant carry what the extra adds to either.

    :param extra: the normalized extra
    :param by_variant: whether its places are variants instead of versions
    """

    name: NormalizedName
    extra: str | None = None
    by_variant: bool = False

    def __str__(self) -> str:
        extra = f"[{self.extra}]" if self.extra is not None else ""
        return f"{self.name}{extra}{' by variant' * self.by_variant}"
