"""What is installed, as the lines of a requirement file."""

import os
from collections.abc import Iterable, Iterator

from whichwheel.environment.plan import Installed
from whichwheel.sources.addresses import file_path

__all__ = ["TOOLS", "frozen_lines"]

#: What installs the rest, and is left out as pip does.
TOOLS = frozenset({"pip", "setuptools", "wheel", "whichwheel"})


def frozen_lines(installed: Iterable[Installed]) -> Iterator[str]:
    """Yield one requirement for each distribution, as any installer reads them.

    What came from a URL or a path is named by it (PEP 610); the variant is not: a requirement
    cannot say it, and each machine is to take the one that fits it.

    >>> from pathlib import Path
    >>> from packaging.utils import canonicalize_name
    >>> from packaging.version import Version
    >>> print(*frozen_lines([Installed(canonicalize_name("foo"), Version("1"), Path())]))
    foo==1
    """
    for each in installed:
        if each.editable and each.url is not None:
            path = file_path(each.url)
            text = each.url if path is None else os.fspath(path)
            # The name of a folder may hold a line end, which would begin another requirement, or
            # what begins a comment.
            is_plain = text.isprintable() and " #" not in text
            yield f"-e {text if is_plain else each.url}"
        elif each.url is not None:
            yield f"{each.name} @ {_address(each, each.url)}"
        else:
            yield f"{each.name}=={each.version}"


def _address(installed: Installed, url: str) -> str:
    """Return where to get the same again."""
    said = []
    if installed.commit is not None:
        url = f"git+{url}@{installed.commit}"
    elif installed.archive_sha256 is not None:
        said.append(f"sha256={installed.archive_sha256}")
    if installed.subdirectory:
        said.append(f"subdirectory={installed.subdirectory}")
    return f"{url}#{'&'.join(said)}" if said else url
