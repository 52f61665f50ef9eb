"""The dependency groups of a project (PEP 735)."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from packaging.utils import canonicalize_name

from whichwheel.requirements.project_file import PYPROJECT, load_project
from whichwheel.spec.errors import WhichwheelError
from whichwheel.spec.markers import InvalidRequirement, InvalidVariantMarker, parse_requirement
from whichwheel.spec.walking import shown

__all__ = ["InvalidGroups", "read_group"]

_INCLUDE = "include-group"
_DEEPEST = 100
_MOST_LISTED = 20


class InvalidGroups(WhichwheelError, ValueError):
    """A dependency group that cannot be taken.

    :param path: the ``pyproject.toml``
    :param faults: all that is wrong with it, each as a clause
    """

    def __init__(self, path: Path, name: str, faults: Sequence[str], known: Sequence[str]) -> None:
        listed = ", ".join(f"`{shown(each)}`" for each in known[:_MOST_LISTED])
        listed += f", and {len(known) - _MOST_LISTED} more" if len(known) > _MOST_LISTED else ""
        super().__init__(
            f"the dependency group `{name}` of `{path}` cannot be taken: {'; '.join(faults)}",
            hint=f"it has these groups: {listed}" if known else "it has no dependency groups",
        )
        self.path = path
        self.name = name
        self.faults = tuple(faults)
        self.known = tuple(known)


def read_group(text: str) -> tuple[str, ...]:
    """Return the requirements of a group, with those of the groups that it includes.

    :param text: a name, for the ``pyproject.toml`` of the current folder, or ``PATH:NAME``
    :raises InvalidProjectFile: if the file cannot be read
    :raises InvalidGroups: naming everything that is wrong with the group
    """
    # The path of a Windows drive has a colon too, and no group has one.
    named, _, name = text.rpartition(":")
    path = Path(named or PYPROJECT)
    if path.name != PYPROJECT:
        why = f"`{path}` is no `{PYPROJECT}`"
        raise InvalidGroups(path, name, [why], [])
    groups = load_project(path).get("dependency-groups", {})
    if not isinstance(groups, dict):
        raise InvalidGroups(path, name, ["`dependency-groups` is no table"], [])
    reader = _Reader(groups)
    found = tuple(reader.of(name, ()))
    if reader.faults:
        raise InvalidGroups(path, name, list(dict.fromkeys(reader.faults)), sorted(groups))
    return found


class _Reader:
    """Reads the groups of one file; what is wrong is gathered, each once."""

    def __init__(self, groups: Mapping[str, object]) -> None:
        self.faults: list[str] = []
        self._groups: dict[str, object] = {}
        self._known: dict[str, tuple[str, ...]] = {}
        for name, listed in groups.items():
            normalized = canonicalize_name(name)
            if normalized in self._groups:
                self.faults.append(f"two groups are called `{normalized}`")
            self._groups[normalized] = listed

    def of(self, name: str, through: tuple[str, ...]) -> tuple[str, ...]:
        """Return the requirements of a group.

        :param through: the groups that include it
        """
        group = canonicalize_name(name)
        if group in through:
            circle = " -> ".join(f"`{each}`" for each in (*through[through.index(group) :], group))
            self.faults.append(f"groups include each other: {circle}")
            return ()
        if len(through) >= _DEEPEST:
            self.faults.append(f"groups include each other more than {_DEEPEST} deep")
            return ()
        if group not in self._known:
            # Of what groups have in common, once is enough: included twice, twice, twice, a few
            # lines would be more than any memory holds.
            self._known[group] = tuple(dict.fromkeys(self._read(group, (*through, group))))
        return self._known[group]

    def _read(self, group: str, through: tuple[str, ...]) -> Iterator[str]:
        by = "" if len(through) < 2 else f", which `{through[-2]}` includes"  # noqa: PLR2004
        if group not in self._groups:
            self.faults.append(f"there is no group `{group}`{by}")
            return
        listed = self._groups[group]
        if not isinstance(listed, list):
            self.faults.append(f"the group `{group}`{by} is no list")
            return
        for item in listed:
            if isinstance(item, str):
                self._check(item, group)
                yield item
            elif (
                isinstance(item, dict)
                and tuple(item) == (_INCLUDE,)
                and isinstance(item[_INCLUDE], str)
            ):
                yield from self.of(item[_INCLUDE], through)
            else:
                self.faults.append(
                    f"in `{group}`, `{shown(str(item))}` is neither a requirement nor "
                    "`{include-group = ...}`"
                )

    def _check(self, text: str, group: str) -> None:
        try:
            parse_requirement(text)
        except (InvalidRequirement, InvalidVariantMarker) as error:
            self.faults.append(f"in `{group}`, {error.message}")
