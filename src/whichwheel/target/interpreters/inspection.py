"""What a Python interpreter says of itself.

This file is also run as a script by other interpreters, from Python 3.9 on, which find
neither this package nor its dependencies: at its top it imports the standard library only.
"""

import json
import platform
import sys
import sysconfig
from pathlib import Path

__all__ = ["describe_interpreter"]


def describe_interpreter() -> "dict[str, object]":
    """Describe the running interpreter, as JSON values.

    Needs :mod:`packaging`. The keys: ``version``, ``implementation``, ``tags`` (best first),
    ``environment`` (marker values), ``paths`` (install locations), ``prefix``, ``stdlib``,
    ``is_virtual``.
    """
    from packaging.markers import default_environment  # noqa: PLC0415 -- see the module's text
    from packaging.tags import sys_tags  # noqa: PLC0415 -- see the module's text

    is_virtual = sys.prefix != sys.base_prefix
    known = sysconfig.get_paths()
    paths = {key: known[key] for key in ("purelib", "platlib", "scripts", "data")}
    paths["headers"] = known["include"]
    if is_virtual:
        # The `include` of a virtual environment is that of its base, which is not ours to fill.
        version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
        paths["headers"] = str(Path(sys.prefix, "include", "site", version))
    return {
        "version": platform.python_version(),
        "implementation": sys.implementation.name,
        "tags": [str(tag) for tag in sys_tags()],
        "environment": dict(default_environment()),
        "paths": paths,
        "prefix": sys.prefix,
        "stdlib": known["stdlib"],
        "is_virtual": is_virtual,
    }


def _use_packaging(folder: "Path") -> None:
    """Make one copy of :mod:`packaging` importable, and nothing else beside it."""
    from importlib.util import (  # noqa: PLC0415 -- only as a script
        module_from_spec,
        spec_from_file_location,
    )

    spec = spec_from_file_location(
        "packaging", folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    if spec is None or spec.loader is None:
        sys.exit(f"no packaging in {folder}")
    module = module_from_spec(spec)
    sys.modules["packaging"] = module
    spec.loader.exec_module(module)


def _main() -> None:
    if sys.version_info < (3, 9):  # noqa: UP036 -- any interpreter may run this file
        sys.exit(f"Python {platform.python_version()} is too old, 3.9 is the oldest")
    _use_packaging(Path(sys.argv[1]))
    # ASCII, so that the child's standard output may have any encoding.
    sys.stdout.write(json.dumps(describe_interpreter()))


if __name__ == "__main__":
    _main()
