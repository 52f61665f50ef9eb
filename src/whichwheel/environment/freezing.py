"""What is installed, as the lines of a requirement file."""

from collections.abc import Iterable, Iterator

from whichwheel.environment.plan import Installed

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
            yield f"-e {each.url}"
        elif each.url is not None:
            digest = f"#sha256={each.archive_sha256}" if each.archive_sha256 is not None else ""
            yield f"{each.name} @ {each.url}{digest}"
        else:
            yield f"{each.name}=={each.version}"
