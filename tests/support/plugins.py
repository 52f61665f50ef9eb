"""Plugin packages of our own making, of both generations of the API, and what trusts them."""

import hashlib
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from support.wheels import WheelSpec, build_wheel
from whichwheel.plugins.outside import TrustedProviders
from whichwheel.plugins.pinning import parse_package, propose
from whichwheel.plugins.trust_file import TrustFile
from whichwheel.sources.collection import open_sources
from whichwheel.sources.configuration import IndexSettings
from whichwheel.sources.ports import Sources
from whichwheel.target.detection.detection_cache import DetectionCache

__all__ = ["CLASSES", "FUNCTIONS", "INSTANCE", "Trusting", "build_plugin", "digest"]

_CONFIG = """
from dataclasses import dataclass

@dataclass(frozen=True)
class Config:
    name: str
    values: list
    multi_value: bool = False
"""

#: The current API as functions of a module.
FUNCTIONS = (
    _CONFIG
    + """
def get_supported_configs():
    return [Config("kind", ["sweet", "salty"]), Config("shape", ["round"], True)]
"""
)

#: The current API as class methods behind an object path.
CLASSES = (
    _CONFIG
    + """
class Outer:
    class Plugin:
        @classmethod
        def get_supported_configs(cls):
            return [Config("kind", ["sweet", "salty"])]
    class Static:
        @staticmethod
        def get_supported_configs():
            return [Config("kind", ["salty"])]
"""
)

#: The older API: a class to instantiate, with a namespace of its own.
INSTANCE = """
from dataclasses import dataclass

@dataclass(frozen=True)
class Config:
    name: str
    values: list

class Plugin:
    namespace = "taste"
    dynamic = False

    def __init__(self):
        self.known = ["sweet", "salty"]

    def get_supported_configs(self, known_properties):
        assert known_properties is None
        return [Config("kind", self.known)]
"""


def build_plugin(  # noqa: PLR0913 -- what differs from test to test
    folder: Path,
    source: str,
    *,
    name: str = "taste-provider",
    version: str = "1.0",
    requires: Sequence[str] = (),
    entry_point: str | None = None,
) -> Path:
    """Build the wheel of a plugin whose one module has this source."""
    module = name.replace("-", "_")
    points = f"[variant_plugins]\nplugin = {entry_point}\n" if entry_point else ""
    spec = WheelSpec(
        name,
        version=version,
        requires=requires,
        files={f"{module}/__init__.py": source},
        entry_points=points,
    )
    return build_wheel(folder, spec)


class Trusting:
    """A trust file, a cache and a folder of wheels, as one user has them.

    :ivar told: the warnings so far
    :ivar opened: how often the sources were asked for
    """

    def __init__(self, folder: Path) -> None:
        self.wheels = folder / "wheels"
        self.cache = folder / "cache"
        self.trust = TrustFile(folder / "config" / "trust.json")
        self.told: list[str] = []
        self.opened = 0
        self.wheels.mkdir(parents=True, exist_ok=True)

    @property
    def sources(self) -> Callable[[], AbstractContextManager[Sources]]:
        """Opens the folder of wheels."""

        def opened() -> AbstractContextManager[Sources]:
            self.opened += 1
            settings = IndexSettings(find_links=(str(self.wheels),))
            return open_sources(settings, cache_directory=self.cache)

        return opened

    def trust_package(
        self,
        text: str = "taste-provider",
        *,
        plugin_api: str | None = None,
        namespaces: Sequence[str] = (),
    ) -> None:
        """Trust a package as `providers trust` does."""
        requirement = parse_package(text)
        before = self.trust.read().packages
        with self.sources() as sources:
            proposal = propose(
                requirement,
                sources,
                before=next((e for n, e in before.items() if n == requirement.name), None),
            )
        entry = proposal.entry(
            trusted_at="2026-11-01T00:00:00+00:00", plugin_api=plugin_api, namespaces=namespaces
        )
        self.trust.add_package(entry)

    def providers(
        self,
        *,
        environ: dict[str, str] | None = None,
        limit: float = 10.0,
        kept: DetectionCache | None = None,
        refresh: bool = False,
    ) -> TrustedProviders:
        """Return the trusted providers of a new run."""
        return TrustedProviders(
            self.trust.path,
            self.cache,
            self.sources,
            environ=environ if environ is not None else {},
            warn=self.told.append,
            kept=kept,
            refresh=refresh,
            limit=limit,
        )


def digest(path: Path) -> str:
    """Return the SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
