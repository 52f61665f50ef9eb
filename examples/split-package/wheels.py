"""Write the wheels of the example with the standard library alone: none needs a compiler."""

import base64
import hashlib
import zipfile
from collections.abc import Mapping
from pathlib import Path

VERSION = "1.0"

#: The packages that do the work, each built for one level of processor.
LEVELS = ("v1", "v3", "v4")

#: What the package without code requires. The sets of a variant wheel hold what the machine
#: supports of what the wheel lists, so that one wheel serves every level.
SPLIT = (
    f'foo-v4=={VERSION}; "x86_64 :: level :: v4" in variant_properties',
    (
        f'foo-v3=={VERSION}; "x86_64 :: level :: v3" in variant_properties'
        ' and "x86_64 :: level :: v4" not in variant_properties'
    ),
    f'foo-v1=={VERSION}; "x86_64 :: level :: v3" not in variant_properties',
)

#: What the same package requires for tools that know no variants.
PLAIN = (f"foo-v1=={VERSION}",)


def write_wheel(
    folder: Path,
    name: str,
    *,
    requires: tuple[str, ...] = (),
    files: Mapping[str, str] | None = None,
) -> Path:
    """Write a pure wheel and return its path."""
    module = name.replace("-", "_")
    info = f"{module}-{VERSION}.dist-info"
    metadata = [f"Metadata-Version: 2.3\nName: {name}\nVersion: {VERSION}\n"]
    metadata += [f"Requires-Dist: {line}\n" for line in requires]
    contents = {
        **(files or {}),
        f"{info}/METADATA": "".join(metadata),
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: example\nRoot-Is-Purelib: true\n"
        "Tag: py3-none-any\n",
    }
    record = [f"{info}/RECORD,,\n"]
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{module}-{VERSION}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, text in contents.items():
            data = text.encode()
            digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
            record.append(f"{member},sha256={digest},{len(data)}\n")
            archive.writestr(member, data)
        archive.writestr(f"{info}/RECORD", "".join(record))
    return path


def write_all(folder: Path) -> None:
    """Write ``build/`` with the package to relabel, and ``wheels/`` with all others."""
    write_wheel(folder / "build", "foo", requires=SPLIT)
    write_wheel(folder / "wheels", "foo", requires=PLAIN)
    for level in LEVELS:
        write_wheel(
            folder / "wheels",
            f"foo-{level}",
            files={"foo/__init__.py": f'built_for = "x86-64-{level}"\n'},
        )
