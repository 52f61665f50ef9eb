"""The plugin packages that are really published, as pip on this machine finds them."""

import os
import platform
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from support.plugins import Trusting
from whichwheel.plugins.outside import TrustedProviders
from whichwheel.plugins.pinning import Proposal, parse_package, propose
from whichwheel.sources.collection import open_sources
from whichwheel.sources.configuration import read_settings
from whichwheel.sources.ports import Sources
from whichwheel.spec.metadata import Provider
from whichwheel.target.detection.detecting import detect_facts
from whichwheel.target.providers.catalogue import PROVIDERS
from whichwheel.target.support import Support

pytestmark = pytest.mark.network

# As the metadata of published wheels names them (format 0.0.x), and with the API left to the
# package's own entry point.
X86_64 = ("provider-variant-x86-64", "provider_variant_x86_64.plugin:X8664Plugin")
AARCH64 = ("provider-variant-aarch64", "provider_variant_aarch64.plugin:AArch64Plugin")
ASCEND = ("ascend-variant-provider", "ascend_variant_provider.plugin:AscendVariantPlugin")


class _Registry:
    """A user who trusts packages of the index that pip would use."""

    def __init__(self, folder: Path) -> None:
        self._user = Trusting(folder)
        self.told = self._user.told

    @property
    def _sources(self) -> Callable[[], AbstractContextManager[Sources]]:
        return lambda: open_sources(read_settings(), cache_directory=self._user.cache)

    def trust(self, text: str) -> Proposal:
        with self._sources() as sources:
            proposal = propose(parse_package(text), sources)
        self._user.trust.add_package(
            proposal.entry(trusted_at="2026-11-01T00:00:00+00:00", plugin_api=None, namespaces=())
        )
        return proposal

    def ask(
        self, namespace: str, package: str, plugin_api: str | None, **environ: str
    ) -> dict[str, tuple[str, ...]]:
        providers = TrustedProviders(
            self._user.trust.path,
            self._user.cache,
            self._sources,
            environ={**os.environ, **environ},
            warn=self.told.append,
        )
        provider = Provider(requires=(package,), plugin_api=plugin_api)
        answer = providers.support(namespace, provider, (package,))
        assert isinstance(answer, Support), answer
        return dict(answer.features)


@pytest.fixture
def registry(tmp_path: Path) -> _Registry:
    return _Registry(tmp_path)


@pytest.mark.skipif(
    platform.machine() not in {"x86_64", "AMD64"}, reason="the processor is of another kind"
)
def test_the_published_x86_64_plugin_agrees_with_ours(registry: _Registry) -> None:
    package, api = X86_64
    registry.trust(package)
    theirs = registry.ask("x86_64", package, api)
    assert registry.ask("x86_64", package, None) == theirs
    known = PROVIDERS["x86_64"]
    ours = known.properties(detect_facts(known, environ=os.environ))
    # It goes by the nearest core that it has a name for; ours by the flags, which may be more.
    assert set(theirs["level"]) <= set(ours["level"])
    assert set(theirs) <= set(ours)
    assert {values for name, values in theirs.items() if name != "level"} <= {("on",)}
    assert [name for name in ours if name in theirs] == list(theirs)
    assert registry.told == []


def test_the_published_aarch64_plugin_answers(registry: _Registry) -> None:
    package, api = AARCH64
    proposal = registry.trust(f"{package}>=0.0.1,<1")
    assert proposal.name == canonicalize_name(package)
    assert "@" in proposal.publisher
    theirs = registry.ask("aarch64", package, api)
    assert registry.ask("aarch64", package, None) == theirs
    if platform.machine() not in {"aarch64", "arm64", "ARM64"}:
        assert theirs == {}
    assert registry.told == []


def test_the_published_ascend_plugin_answers_and_can_be_overridden(registry: _Registry) -> None:
    package, api = ASCEND
    registry.trust(package)
    # Class methods that want an optional argument; without a device, empty lists of values.
    registry.ask("ascend", package, api)
    forced = registry.ask(
        "ascend",
        package,
        None,
        ASCEND_VARIANT_PROVIDER_FORCE_NPU_TYPE="910b",
        ASCEND_VARIANT_PROVIDER_FORCE_CANN_VERSION="8.2.rc1",
    )
    assert forced["npu_type"] == ("910b",)
    assert forced["cann_version"] == ("8.2.rc1",)
    assert registry.told == []
