"""The build backend of a dispatch package: picks the wheel of this machine, and hands it over.

This file and the folder `vendored` beside it are all that runs. Nothing that is fetched runs.
"""

import sys
from pathlib import Path

if sys.version_info < (3, 11):  # noqa: UP036 -- any Python may be asked to build
    sys.exit("error: this source distribution needs Python 3.11 or newer to be built")

_FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(_FOLDER / "vendored"))
for _name in [
    name for name in sys.modules if name.partition(".")[0] in {"whichwheel", "packaging"}
]:
    # Whatever the environment loaded of these at its start is another version.
    del sys.modules[_name]

from whichwheel.publish.dispatch.backend.hooks import Backend  # noqa: E402 -- found only now

__all__ = [
    "build_editable",
    "build_sdist",
    "build_wheel",
    "get_requires_for_build_editable",
    "get_requires_for_build_sdist",
    "get_requires_for_build_wheel",
    "prepare_metadata_for_build_wheel",
]

_backend = Backend(_FOLDER.parent)
build_editable = _backend.build_editable
build_sdist = _backend.build_sdist
build_wheel = _backend.build_wheel
get_requires_for_build_editable = _backend.get_requires_for_build_editable
get_requires_for_build_sdist = _backend.get_requires_for_build_sdist
get_requires_for_build_wheel = _backend.get_requires_for_build_wheel
prepare_metadata_for_build_wheel = _backend.prepare_metadata_for_build_wheel
