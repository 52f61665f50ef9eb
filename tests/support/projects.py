"""Real source trees with a build backend of their own, which needs nothing installed."""

from pathlib import Path

__all__ = ["BACKEND", "TABLE", "write_project"]

BACKEND = """
import base64, hashlib, importlib.util, json, os, pathlib, zipfile

NAME, VERSION = "flavoured", os.environ.get("FLAVOURED_VERSION", "1.0")

def get_requires_for_build_wheel(config_settings=None):
    return (config_settings or {}).get("needs", "").split()

def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    print("the backend was here")
    if os.environ.get("FLAVOUR") == "sour":
        raise SystemExit("sour flavours cannot be built")
    leftovers = pathlib.Path("build/leftovers.txt")
    found = leftovers.exists() or pathlib.Path("flavoured.egg-info").exists()
    leftovers.parent.mkdir(exist_ok=True)
    leftovers.write_text("from an earlier build")
    said = {
        "flavour": os.environ.get("FLAVOUR"),
        "settings": config_settings,
        "leftovers": found,
        "tools": [name for name in ("tool_a", "tool_b") if importlib.util.find_spec(name)],
        "sources": sorted(str(path) for path in pathlib.Path(".").glob("**/*.txt")),
    }
    files = {
        "flavoured.json": json.dumps(said, sort_keys=True),
        f"{NAME}-{VERSION}.dist-info/METADATA":
            f"Metadata-Version: 2.1\\nName: {NAME}\\nVersion: {VERSION}\\n",
        f"{NAME}-{VERSION}.dist-info/WHEEL":
            "Wheel-Version: 1.0\\nGenerator: own\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
    }
    label = (config_settings or {}).get("variant-label")
    if label and pathlib.Path("variant.json").exists():
        text = pathlib.Path("variant.json").read_text()
        files[f"{NAME}-{VERSION}.dist-info/variant.json"] = text.replace("LABEL", label)
        label = os.environ.get("OTHER_LABEL", label)
    else:
        label = None
    record = ""
    filename = f"{NAME}-{VERSION}-py3-none-any{'-' + label if label else ''}.whl"
    with zipfile.ZipFile(pathlib.Path(wheel_directory, filename), "w") as archive:
        for name, text in files.items():
            digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest())
            record += f"{name},sha256={digest.rstrip(b'=').decode()},{len(text)}\\n"
            archive.writestr(name, text)
        record += f"{NAME}-{VERSION}.dist-info/RECORD,,\\n"
        archive.writestr(f"{NAME}-{VERSION}.dist-info/RECORD", record)
    return filename
"""

TABLE = """
[variant.default-priorities]
namespace = ["taste"]

[variant.providers.taste]
static-properties = { kind = ["salty", "sweet", "sour"] }

[variant.variants.sweet]
taste.kind = ["sweet"]

[variant.variants.salty]
taste.kind = ["salty"]

[tool.whichwheel.variants.sweet]
environment = { FLAVOUR = "sweet" }

[tool.whichwheel.variants.salty]
environment = { FLAVOUR = "salty" }
config-settings = { grains = "coarse", pans = ["a", "b"] }
"""


def write_project(folder: Path, table: str = TABLE) -> Path:
    """Write a project whose wheels tell what their build was given."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "own_backend.py").write_text(BACKEND)
    (folder / "pyproject.toml").write_text(
        '[build-system]\nrequires = []\nbuild-backend = "own_backend"\nbackend-path = ["."]\n'
        '[project]\nname = "flavoured"\nversion = "1.0"\n' + table
    )
    return folder
