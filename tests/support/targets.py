"""Targets written down, for tests that choose for a machine."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from packaging.tags import Tag

from whichwheel.spec.abi_dependency import is_abi_namespace
from whichwheel.spec.metadata import Provider
from whichwheel.target.facts import Facts, Origin
from whichwheel.target.support import Refusal, RefusalKind, Support
from whichwheel.target.target import Target

__all__ = ["WrittenMachine", "written_target"]

TAGS = ("cp312-cp312-linux_x86_64", "py3-none-linux_x86_64", "py3-none-any")


@dataclass(frozen=True)
class WrittenMachine:
    """Supports what is written down; any other namespace is unknown."""

    supported: Mapping[str, Mapping[str, Sequence[str]]] = field(default_factory=dict)

    def support(self, namespace: str, provider: Provider | None) -> Support | Refusal:
        features = self.supported.get(namespace)
        if is_abi_namespace(namespace, {} if provider is None else {namespace: provider}):
            return Support(namespace, {}, Origin.DEFAULT)
        if features is None:
            message = f"nothing is known of the namespace `{namespace}`"
            return Refusal(namespace, RefusalKind.UNKNOWN, message)
        values = {feature: tuple(values) for feature, values in features.items()}
        return Support(namespace, values, Origin.GIVEN, f"{namespace} as written")

    def facts(self) -> Facts:
        return Facts()

    def known_facts(self) -> Facts:
        return self.facts()


def written_target(
    supported: Mapping[str, Mapping[str, Sequence[str]]] | None = None,
    *,
    python: str = "3.12.4",
    name: str = "the box",
) -> Target:
    """Return a Linux x86-64 target that supports what is given."""
    return Target(
        name,
        python,
        "cpython",
        tuple(Tag(*text.split("-")) for text in TAGS),
        {
            "implementation_name": "cpython",
            "implementation_version": python,
            "os_name": "posix",
            "platform_machine": "x86_64",
            "platform_python_implementation": "CPython",
            "platform_release": "6.1",
            "platform_system": "Linux",
            "platform_version": "1",
            "python_full_version": python,
            "python_version": ".".join(python.split(".")[:2]),
            "sys_platform": "linux",
        },
        WrittenMachine(supported or {}),
    )
