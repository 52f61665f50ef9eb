"""The Python that an environment belongs to, asked about itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from packaging.tags import Tag

__all__ = ["Interpreter"]


@dataclass(frozen=True, slots=True)
class Interpreter:
    """What one Python interpreter says of itself.

    :param executable: absolute path, not resolved through a virtual environment's link
    :param version: full version, as ``3.12.4``
    :param implementation: ``cpython``, ``pypy``
    :param tags: its platform compatibility tags, best first
    :param environment: its environment marker values, without ``extra``
    :param paths: install locations by scheme key: purelib, platlib, scripts, data, headers
        (``headers`` is the folder in which each project gets one of its own)
    :param prefix: ``sys.prefix``
    :param externally_managed: the message of an ``EXTERNALLY-MANAGED`` file outside a virtual
        environment (PEP 668), else None
    """

    executable: Path
    version: str
    implementation: str
    tags: tuple[Tag, ...]
    environment: Mapping[str, str]
    paths: Mapping[str, Path]
    prefix: Path
    externally_managed: str | None = None
