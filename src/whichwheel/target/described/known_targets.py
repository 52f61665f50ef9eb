"""The targets that have a name: of the project, of the user, and shipped."""

from collections.abc import Iterator, Mapping
from dataclasses import field
from enum import IntEnum
from pathlib import Path

from whichwheel.spec.values import dataclass
from whichwheel.target.described.target_table import Place
from whichwheel.target.described.toml_file import load_toml

__all__ = ["SHIPPED", "KnownTargets", "Layer", "TargetEntry", "is_file_name"]

_PROFILES = Path(__file__).with_name("profiles")


class Layer(IntEnum):
    """Whose a target is. What it extends is looked up in its own layer and those after it."""

    FILE = 0
    PROJECT = 1
    USER = 2
    SYSTEM = 3
    SHIPPED = 4

    @property
    def words(self) -> str:
        """The layer for people."""
        return ("file", "project", "user", "system", "shipped")[self]


@dataclass(frozen=True, slots=True)
class TargetEntry:
    """A target that was found, and not read yet.

    :param name: what it is called by whoever looks for it
    :param table: as it stands in the file
    :param place: where it stands
    :param layer: whose it is
    """

    name: str
    table: Mapping[str, object] = field(repr=False)
    place: Place
    layer: Layer

    @property
    def spot(self) -> tuple[object, ...]:
        """What is the same for two entries only if they are the same table."""
        return (self.place.path.resolve(), *self.place.keys)


class _Profiles(Mapping[str, TargetEntry]):
    """The shipped profiles by name, each read when it is asked for."""

    def __getitem__(self, name: str) -> TargetEntry:
        if name not in self:
            raise KeyError(name)
        file = load_toml(_PROFILES / f"{name}.toml")
        return TargetEntry(name, file.table, Place(file, called=f"profile {name}"), Layer.SHIPPED)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name in self._names()

    def __iter__(self) -> Iterator[str]:
        return iter(self._names())

    def __len__(self) -> int:
        return len(self._names())

    def _names(self) -> tuple[str, ...]:
        return tuple(sorted(path.stem for path in _PROFILES.glob("*.toml")))


#: The shipped profiles by name; looking one up reads it.
SHIPPED: Mapping[str, TargetEntry] = _Profiles()


@dataclass(frozen=True, slots=True)
class KnownTargets:
    """All targets that have a name.

    :param project: those of the project, by name
    :param user: those of the user, by name
    :param system: those of the administrator, by name
    """

    project: Mapping[str, TargetEntry] = field(default_factory=dict)
    user: Mapping[str, TargetEntry] = field(default_factory=dict)
    system: Mapping[str, TargetEntry] = field(default_factory=dict)

    def find(self, name: str, by: TargetEntry | None = None) -> TargetEntry | None:
        """Return the target of a name: the nearest, with the shipped ones last.

        :param by: the target that extends it; it does not see those of layers before its own,
            and under its own name the one that it stands before
        """
        for layer, targets in self._seen_from(Layer.FILE if by is None else by.layer):
            itself = by is not None and by.layer is layer and by.place.keys[-1:] == (name,)
            if name in targets and not itself:
                return targets[name]
        return None

    def names(self, layer: Layer = Layer.FILE) -> tuple[str, ...]:
        """Return all names that are seen from a layer, each once."""
        return tuple(dict.fromkeys(name for _, each in self._seen_from(layer) for name in each))

    def _seen_from(self, layer: Layer) -> list[tuple[Layer, Mapping[str, TargetEntry]]]:
        layers = [
            (Layer.PROJECT, self.project),
            (Layer.USER, self.user),
            (Layer.SYSTEM, self.system),
            (Layer.SHIPPED, SHIPPED),
        ]
        return [(each, targets) for each, targets in layers if each >= layer]


def is_file_name(text: str) -> bool:
    r"""Whether a text names a target file and not a target.

    >>> is_file_name("aws-p5"), is_file_name("lab.toml"), is_file_name("./lab")
    (False, True, True)
    """
    return text.endswith(".toml") or "/" in text or "\\" in text
