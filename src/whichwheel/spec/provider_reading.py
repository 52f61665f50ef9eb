"""Read the ``providers`` of variant metadata (providers draft; PEP 817 for format 0.0.x)."""

from collections.abc import Mapping

from packaging.requirements import InvalidRequirement, Requirement

from whichwheel.spec.metadata import Provider
from whichwheel.spec.properties import NAME_PATTERN, VALUE_PATTERN
from whichwheel.spec.walking import Walk, below, shown

__all__ = ["read_providers"]

_KEYS = {"requires", "plugin-api", "static-properties", "feature-order", "builtin", "optional"}
_OLD_KEYS = {"requires", "plugin-api", "enable-if", "install-time", "plugin-use", "optional"}
_EMPTY: Mapping[str, object] = {}
_ValuesByFeature = Mapping[str, tuple[str, ...]]


def read_providers(  # noqa: PLR0913 -- each is one part of the document
    walk: Walk,
    root: Mapping[str, object],
    *,
    is_old: bool,
    feature_priorities: _ValuesByFeature,
    value_priorities: Mapping[str, _ValuesByFeature],
    in_pyproject: bool,
) -> dict[str, Provider]:
    """Read ``providers``, noting faults in ``walk``.

    :param root: the whole document
    :param is_old: format 0.0.x, with static properties at the root
    :param in_pyproject: whether ``build-requires`` is allowed
    """
    static = walk.table(root.get("static-properties", _EMPTY), "$.static-properties")
    providers = {}
    for namespace, document in walk.table(root.get("providers", _EMPTY), "$.providers").items():
        path = below("$.providers", namespace)
        if not NAME_PATTERN.fullmatch(namespace):
            walk.fault(path, "is not a namespace")
        table = walk.table(document, path)
        order = feature_priorities.get(namespace, ())
        if is_old:
            values = value_priorities.get(namespace, {})
            listed = static.get(namespace)
            providers[namespace] = _read_old(walk, table, path, listed, order, values)
        else:
            providers[namespace] = _read_new(walk, table, path, order, in_pyproject=in_pyproject)
    return providers


def _read_new(
    walk: Walk,
    table: Mapping[str, object],
    path: str,
    order: tuple[str, ...],
    *,
    in_pyproject: bool,
) -> Provider:
    ways = ["requires", "static-properties", "builtin"]
    if in_pyproject:
        ways.append("build-requires")
    walk.only(table, _KEYS | set(ways), path)
    given = [key for key in ways if key in table]
    if len(given) != 1:
        found = ", ".join(f"`{key}`" for key in given) or "none"
        walk.fault(path, f"expected exactly one of {', '.join(f'`{w}`' for w in ways)}; {found}")
    if "plugin-api" in table and not {"requires", "build-requires"} & table.keys():
        walk.fault(f"{path}.plugin-api", "goes only with `requires`")
    properties = None
    if "static-properties" in table:
        listed = f"{path}.feature-order"
        if "feature-order" in table:
            order = walk.strings(table["feature-order"], listed, NAME_PATTERN)
        properties = _static(walk, table["static-properties"], f"{path}.static-properties", order)
        missing = sorted(set(properties) - set(order))
        if len(properties) > 1 and missing:
            walk.fault(listed, f"does not list {', '.join(f'`{shown(name)}`' for name in missing)}")
    elif "feature-order" in table:
        walk.fault(f"{path}.feature-order", "goes only with `static-properties`")
    return Provider(
        requires=_requirements(walk, table, "requires", path),
        build_requires=_requirements(walk, table, "build-requires", path) if in_pyproject else (),
        plugin_api=_optional_text(walk, table, "plugin-api", path),
        static_properties=properties,
        builtin=_optional_text(walk, table, "builtin", path),
        optional=walk.boolean(table.get("optional", False), f"{path}.optional"),
    )


def _read_old(  # noqa: PLR0913, PLR0917 -- format 0.0.x spreads one provider over the document
    walk: Walk,
    table: Mapping[str, object],
    path: str,
    static: object,
    order: tuple[str, ...],
    values: _ValuesByFeature,
) -> Provider:
    walk.only(table, _OLD_KEYS, path)
    at_install = walk.boolean(table.get("install-time", True), f"{path}.install-time")
    at_install = at_install and table.get("plugin-use", "all") == "all"
    properties: Mapping[str, tuple[str, ...]] | None = None
    if static is not None and not (at_install and not static):
        at = "$.static-properties" + path.removeprefix("$.providers")
        properties = _static(walk, static, at, order)
    elif not at_install:
        # PEP 817: without plugin all that the priorities list is compatible.
        properties = dict(values)
    return Provider(
        requires=_requirements(walk, table, "requires", path),
        plugin_api=_optional_text(walk, table, "plugin-api", path),
        static_properties=properties,
        optional=walk.boolean(table.get("optional", False), f"{path}.optional"),
        enable_if=_optional_text(walk, table, "enable-if", path),
    )


def _static(
    walk: Walk, document: object, path: str, order: tuple[str, ...]
) -> dict[str, tuple[str, ...]]:
    table = walk.table(document, path)
    for feature in table:
        if not NAME_PATTERN.fullmatch(feature):
            walk.fault(below(path, feature), "is not a feature")
    features = [name for name in order if name in table]
    features += [name for name in table if name not in order]
    return {
        feature: walk.strings(table[feature], below(path, feature), VALUE_PATTERN)
        for feature in features
    }


def _requirements(walk: Walk, table: Mapping[str, object], key: str, path: str) -> tuple[str, ...]:
    if key not in table:
        return ()
    listed = walk.strings(
        table[key],
        f"{path}.{key}",
        None,
        empty="plugin-use" in table or table.get("install-time") is False,
    )
    for index, text in enumerate(listed):
        try:
            Requirement(text)
        except InvalidRequirement:
            walk.fault(f"{path}.{key}[{index}]", f"`{shown(text)}` is not a dependency specifier")
    return listed


def _optional_text(walk: Walk, table: Mapping[str, object], key: str, path: str) -> str | None:
    return walk.text(table[key], f"{path}.{key}") if key in table else None
