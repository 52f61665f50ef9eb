"""Reading variant metadata: every format, and every fault with its place."""

import json
import time

import pytest

from whichwheel.spec.metadata import InvalidMetadata, MetadataFault, Provider
from whichwheel.spec.reading import (
    UnknownFormatVersion,
    metadata_from_table,
    read_metadata,
    read_metadata_object,
)
from whichwheel.spec.strict_json import InvalidJson, parse_strict_json

Json = dict[str, object]

MINIMAL = '"default-priorities": {"namespace": ["cpu"]}'


def document(version: str = "0.1.1", **parts: object) -> Json:
    """Return valid metadata with some parts replaced; `_` in a name stands for `-`."""
    whole: Json = {
        "$schema": f"https://schema.example/v{version}.json",
        "default-priorities": {"namespace": ["cpu", "gpu"]},
        "variants": {"v3": {"cpu": {"level": ["v3"]}}, "null": {}},
    }
    for name, part in parts.items():
        whole[name.replace("_", "-")] = part
    return whole


def faults(whole: object) -> list[tuple[str, str]]:
    with pytest.raises(InvalidMetadata) as caught:
        read_metadata(json.dumps(whole).encode(), where="x-variants.json")
    with pytest.raises(InvalidMetadata) as again:
        read_metadata_object(whole, where="x-variants.json")
    assert caught.value.faults == again.value.faults
    assert "x-variants.json" in str(caught.value)
    return [(fault.path, fault.message) for fault in caught.value.faults]


# What no reader should take for JSON.


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b'{"a": 1', "not JSON"),
        (b"{}{}", "not JSON"),
        (b"\xef\xbb\xbf{}", "byte order mark"),
        ('{"a": 1}'.encode("utf-16"), "not UTF-8"),
        (b'{"a": "\xff"}', "not UTF-8 (byte 7)"),
        (b'{"a": NaN}', "`NaN`"),
        (b'{"a": -Infinity}', "`-Infinity`"),
        (b'{"a": 1e999}', "1e999"),
        (b'{"a": ' + b"1" * 5000 + b"}", "number"),
        (b'{"a": 1, "b": {"c": 1, "c": 1}}', "the key `c` occurs twice"),
        (b'{"a": "\\ud800"}', "surrogate"),
        (b'{"\\udfff": 1}', "surrogate"),
        (b"[" * 100_000, "nested deeper"),
        (b"[" * 33 + b"]" * 33, "nested deeper than 32"),
        (b'{"a":' * 40 + b"1" + b"}" * 40, "nested deeper than 32"),
        (b"[{}," * 20 + b"[]" + b"]" * 20 + b"]", "not JSON"),
    ],
)
def test_what_readers_would_not_agree_on_is_refused(data: bytes, why: str) -> None:
    with pytest.raises(InvalidJson) as caught:
        parse_strict_json(data)
    assert why in str(caught.value)
    with pytest.raises(InvalidMetadata) as as_metadata:
        read_metadata(data, where="x")
    assert [fault.message for fault in as_metadata.value.faults] == [caught.value.why]


def test_depth_is_counted_outside_of_texts() -> None:
    assert parse_strict_json(b"[" * 32 + b"]" * 32)
    brackets = "[{" * 100 + '\\"' + "[" * 100
    assert parse_strict_json(json.dumps({"a": brackets, "b\\": ["]"]}).encode()) == {
        "a": brackets,
        "b\\": ["]"],
    }
    assert parse_strict_json(b'{"a": "\\ud83d\\ude00"}') == {"a": "\N{GRINNING FACE}"}


def test_a_text_over_the_maximum_size_is_refused_unread() -> None:
    data = b'{"a": "' + b"x" * 100 + b'"}'
    assert parse_strict_json(data, maximum_size=len(data))
    with pytest.raises(InvalidJson, match="at most 108 are read"):
        parse_strict_json(data, maximum_size=len(data) - 1)


@pytest.mark.parametrize(
    "data",
    [
        b'"' + b'\\"' * 400_000,
        b'{"' + b"\\" * 400_001,
        b'"[' * 400_000,
        b"{}" * 400_000,
        b"[" + b"{" * 400_000 + b"}" * 400_000,
    ],
    ids=["open text", "open escape", "texts", "many", "deep"],
)
def test_hostile_text_is_refused_in_linear_time(data: bytes) -> None:
    started = time.process_time()
    with pytest.raises(InvalidJson):
        parse_strict_json(data)
    assert time.process_time() - started < 2


# What is JSON and no variant metadata.


@pytest.mark.parametrize(
    ("whole", "expected"),
    [
        ([], [("$", "found a list, expected a table")]),
        ("text", [("$", "found a text, expected a table")]),
        (None, [("$", "found nothing, expected a table")]),
        ({}, [("$.$schema", "missing; expected the URL of a schema")]),
        ({"$schema": 1}, [("$.$schema", "not a text; expected the URL of a schema")]),
        ({"$schema": "v1"}, [("$.$schema", "`v1` does not end in `vX.Y.Z.json`")]),
        ({"$schema": "xv0.1.1.json"}, [("$.$schema", "does not end in")]),
        (
            {"$schema": "https://schema.example/v0.1.1.json"},
            [
                ("$.default-priorities", "found nothing, expected a table"),
                ("$.default-priorities.namespace", "found nothing, expected a list of texts"),
                ("$.variants", "found nothing, expected a table"),
            ],
        ),
        (document(varients={}), [("$.varients", "unknown key; did you mean `variants`?")]),
        (document(providers={}), [("$.providers", "unknown key")]),
        (document(variants=[]), [("$.variants", "found a list, expected a table")]),
        (document(variants={"a": 1}), [("$.variants.a", "found a number, expected a table")]),
        (
            document(variants={"a": {"cpu": []}}),
            [("$.variants.a.cpu", "found a list, expected a table")],
        ),
        (
            document(variants={"a": {"cpu": {"level": "v3"}}}),
            [("$.variants.a.cpu.level", "found a text, expected a list of texts")],
        ),
        (
            document(variants={"a": {"cpu": {"level": []}}}),
            [("$.variants.a.cpu.level", "found an empty list")],
        ),
        (
            document(variants={"a": {"cpu": {"level": ["v1", None, True, 1.5, {}, ["v2"]]}}}),
            [
                ("$.variants.a.cpu.level[1]", "found nothing, expected a text"),
                ("$.variants.a.cpu.level[2]", "found a boolean, expected a text"),
                ("$.variants.a.cpu.level[3]", "found a number, expected a text"),
                ("$.variants.a.cpu.level[4]", "found a table, expected a text"),
                ("$.variants.a.cpu.level[5]", "found a list, expected a text"),
            ],
        ),
        (
            document(variants={"a": {"cpu": {"level": ["v 1", "V1", "", "v1\n"]}}}),
            [
                ("$.variants.a.cpu.level[0]", "`v 1` does not match `^[a-z0-9_.]+$`"),
                ("$.variants.a.cpu.level[1]", "`V1` does not match"),
                ("$.variants.a.cpu.level[2]", "`` does not match"),
                ("$.variants.a.cpu.level[3]", "`v1\\n` does not match"),
            ],
        ),
        (
            document(variants={"a": {"cpu": {"level": ["v1", "v1"]}}}),
            [("$.variants.a.cpu.level[1]", "`v1` occurs twice")],
        ),
        (
            document(variants={"A": {}, "..": {}, "": {}, "cuda12.6": {"CPU": {"Level": ["v1"]}}}),
            [
                ("$.variants.A", "is not a variant label"),
                ('$.variants[".."]', "is not a variant label"),
                ('$.variants[""]', "is not a variant label"),
                ('$.variants["cuda12.6"].CPU', "does not match `^[a-z0-9_]+$`"),
                ('$.variants["cuda12.6"].CPU.Level', "does not match `^[a-z0-9_]+$`"),
                ('$.variants["cuda12.6"].CPU', "is not listed in `default-priorities.namespace`"),
            ],
        ),
        (
            document(variants={"a": {"tpu": {"present": ["true"]}}}),
            [("$.variants.a.tpu", "is not listed in `default-priorities.namespace`")],
        ),
        (
            document(variants={"null": {"cpu": {"level": ["v1"]}}}),
            [("$.variants.null", "the label `null` has properties, and may have none")],
        ),
        (
            document(default_priorities={"namespace": []}),
            [
                ("$.default-priorities.namespace", "found an empty list"),
                ("$.variants.v3.cpu", "is not listed"),
            ],
        ),
        (
            document(default_priorities={"namespace": ["cpu", "cpu"], "namespaces": []}),
            [
                ("$.default-priorities.namespaces", "unknown key; did you mean `namespace`?"),
                ("$.default-priorities.namespace[1]", "`cpu` occurs twice"),
            ],
        ),
    ],
)
def test_every_fault_is_told_with_its_place(whole: object, expected: list[tuple[str, str]]) -> None:
    found = faults(whole)
    assert [path for path, _ in found] == [path for path, _ in expected]
    for (_, message), (_, part) in zip(found, expected, strict=True):
        assert part in message


@pytest.mark.parametrize("value", ["abc", {"a": 1, "b": 2, "c": 3}, ("a", "b", "c"), None])
def test_what_was_right_once_does_not_make_another_type_right(value: object) -> None:
    whole = document(
        variants={"one": {"cpu": {"f": ["a", "b", "c"]}}, "two": {"cpu": {"f": value}}}
    )
    with pytest.raises(InvalidMetadata) as caught:
        read_metadata_object(whole, where="x")
    assert [fault.path for fault in caught.value.faults] == ["$.variants.two.cpu.f"]


def test_a_wrong_list_is_told_for_every_label_that_repeats_it() -> None:
    wrong = {"cpu": {"f": ["a", "a"]}, "GPU": {"f": ["a"]}}
    found = faults(document(variants={"one": wrong, "two": wrong}))
    assert [path for path, _ in found if path.startswith("$.variants.two")] == [
        "$.variants.two.cpu.f[1]",
        "$.variants.two.GPU",
        "$.variants.two.GPU",
    ]


def test_a_hyphen_is_right_only_where_features_are_project_names() -> None:
    whole = document(
        variants={
            "one": {"abi_dependency": {"lib-torch": ["2.9"]}},
            "two": {"cpu": {"lib-torch": ["2.9"]}},
        }
    )
    assert [path for path, _ in faults(whole)] == ["$.variants.two.cpu.lib-torch"]


def test_the_message_shows_the_first_faults_and_counts_the_rest() -> None:
    whole = document(variants={f"L{index}": {} for index in range(9)})
    with pytest.raises(InvalidMetadata, match="and 4 more") as caught:
        read_metadata_object(whole, where="x")
    assert len(caught.value.faults) == 9


def test_messages_hold_no_control_characters_and_no_whole_novels() -> None:
    escape = "\x1b[31mred\u202e" + "x" * 5000
    whole = document(variants={escape: {escape: {escape: [escape]}}}, default_priorities=escape)
    whole[escape] = 1
    with pytest.raises(InvalidMetadata) as caught:
        read_metadata_object(whole, where="x")
    for fault in caught.value.faults:
        assert str(fault).isprintable()
        assert len(str(fault)) < 500


def test_a_flood_of_faults_is_told_in_linear_time() -> None:
    started = time.process_time()
    whole = document() | {f"varian{index}": 1 for index in range(20_000)}
    with pytest.raises(InvalidMetadata) as caught:
        read_metadata_object(whole, where="x")
    assert len(caught.value.faults) == 20_000
    assert time.process_time() - started < 2


# Versions.


@pytest.mark.parametrize("version", ["0.1.0", "0.1.1"])
def test_metadata_of_pep_825_reads(version: str) -> None:
    read = read_metadata_object(document(version), where="x")
    assert read.format_version == version
    assert read.namespaces == ("cpu", "gpu")
    assert read.variants == {"v3": {"cpu": {"level": ("v3",)}}, "null": {}}
    assert read.providers == {}


@pytest.mark.parametrize("version", ["0.0.0", "0.0.1", "0.3.0", "0.10.0", "1.0.0", "2.1.1"])
def test_an_unknown_version_is_told_from_malformed_metadata(version: str) -> None:
    with pytest.raises(UnknownFormatVersion) as caught:
        read_metadata_object(document(version, anything=1), where="x")
    assert caught.value.faults == (
        MetadataFault(
            "$.$schema", f"format version {version} is not understood; 0.0.2 to 0.2.x are"
        ),
    )


@pytest.mark.parametrize("version", ["0.1.2", "0.1.77", "0.2.1", "0.0.4"])
def test_a_later_patch_version_may_have_keys_we_do_not_know(version: str) -> None:
    providers = {"cpu": {"requires": ["cpu-provider"], "since": 1}}
    parts = {} if version.startswith("0.1") else {"providers": providers}
    whole = document(version, anything={"at": "all"}, **parts)
    whole["default-priorities"] = {"namespace": ["cpu"], "newer": []}
    assert read_metadata_object(whole, where="x").format_version == version
    assert faults(document(version, variants={"v3": {"cpu": 1}}, **parts))


def test_the_host_of_the_schema_does_not_matter() -> None:
    for url in ("v0.1.1.json", "https://elsewhere.example/peps/825/v0.1.1.json", "a/b/v0.1.1.json"):
        read = read_metadata_object(document() | {"$schema": url}, where="x")
        assert read.format_version == "0.1.1"


def test_a_null_variant_may_be_listed_or_absent_and_variants_empty() -> None:
    listed: Json = {"null": {}}
    assert read_metadata_object(document(variants=listed), where="x").variants == listed
    assert read_metadata_object(document(variants={}), where="x").variants == {}


# Providers of format 0.2.x.


def _provider(**table: object) -> Provider:
    whole = document(
        "0.2.0", providers={"cpu": {key.replace("_", "-"): v for key, v in table.items()}}
    )
    return read_metadata(json.dumps(whole).encode(), where="x").providers["cpu"]


def test_a_provider_by_package() -> None:
    requires = ["cpu-provider>=1; os_name == 'posix'", "helper"]
    assert _provider(requires=requires, plugin_api="a.b:C", optional=True) == Provider(
        requires=tuple(requires), plugin_api="a.b:C", optional=True
    )


def test_static_properties_come_in_the_order_of_the_features() -> None:
    found = _provider(
        static_properties={"b": ["2", "1"], "a": ["x"]}, feature_order=["a", "b"]
    ).static_properties
    assert found is not None
    assert list(found.items()) == [("a", ("x",)), ("b", ("2", "1"))]
    assert _provider(static_properties={"a": ["x"]}).static_properties == {"a": ("x",)}


def test_a_builtin_provider() -> None:
    assert _provider(builtin="abi_dependency") == Provider(builtin="abi_dependency")


@pytest.mark.parametrize(
    ("table", "path", "part"),
    [
        ({}, "", "expected exactly one of"),
        ({"requires": ["a"], "builtin": "b"}, "", "`requires`, `builtin`"),
        ({"requires": []}, ".requires", "found an empty list"),
        ({"requires": "a"}, ".requires", "found a text, expected a list of texts"),
        ({"requires": ["a b c"]}, ".requires[0]", "is not a dependency specifier"),
        ({"build-requires": ["a"], "requires": ["a"]}, ".build-requires", "unknown key"),
        ({"builtin": ""}, ".builtin", "found an empty text"),
        ({"builtin": "x", "plugin-api": "a:b"}, ".plugin-api", "goes only with `requires`"),
        ({"requires": ["a"], "optional": "yes"}, ".optional", "expected a boolean"),
        ({"requires": ["a"], "plugin-api": 1}, ".plugin-api", "expected a text"),
        ({"requires": ["a"], "feature-order": ["b"]}, ".feature-order", "goes only with"),
        ({"requires": ["a"], "option": 1}, ".option", "did you mean `optional`?"),
        ({"static-properties": {"a": ["1"], "b": ["1"]}}, ".feature-order", "`a`, `b`"),
        ({"static-properties": {"A": ["1"]}}, ".static-properties.A", "is not a feature"),
        ({"static-properties": {"a": ["A"]}}, ".static-properties.a[0]", "does not match"),
        ({"static-properties": []}, ".static-properties", "found a list, expected a table"),
        ([], "", "found a list, expected a table"),
    ],
)
def test_a_fault_of_a_provider_is_told(table: object, path: str, part: str) -> None:
    found = faults(document("0.2.0", providers={"cpu": table}))
    assert any(at == f"$.providers.cpu{path}" and part in message for at, message in found), found


def test_a_namespace_needs_a_provider_where_there_are_providers() -> None:
    whole = document("0.2.0", providers={"gpu": {"requires": ["gpu-provider"]}})
    assert faults(whole) == [("$.variants.v3.cpu", "the namespace has no entry in `providers`")]
    variants = {"t29": {"abi_dependency": {"torch": ["2.9"]}}}
    read = read_metadata_object(document("0.2.0", providers={}, variants=variants), where="x")
    assert read.variants == {"t29": {"abi_dependency": {"torch": ("2.9",)}}}


# The draft lets nobody list `abi_dependency`; the schema of 0.1.1 wants one namespace at least.
def test_builds_that_differ_in_an_abi_alone_have_no_namespace_to_list() -> None:
    variants = {"t29": {"abi_dependency": {"torch": ["2.9"]}}, "null": {}}
    whole = document(default_priorities={"namespace": []}, variants=variants)
    assert read_metadata_object(whole, where="x").namespaces == ()


# Format 0.0.x, as the indexes published so far have it; one file of each shape.

GPU_LIBRARY: Json = {
    "$schema": "https://schema.example/v0.0.3.json",
    "default-priorities": {"feature": {}, "namespace": ["gpu"], "property": {}},
    "providers": {
        "gpu": {
            "enable-if": "platform_system == 'Linux'",
            "install-time": True,
            "plugin-api": "gpu_variant_provider.plugin:GpuPlugin",
            "requires": ["gpu-variant-provider>=0.0.2,<1.0.0"],
        }
    },
    "static-properties": {},
    "variants": {
        "00000000": {},
        "g12": {"gpu": {"lower_bound": ["12.0"]}},
        "null": {},
    },
}
ARRAY_LIBRARY: Json = {
    "$schema": "https://schema.example/v0.0.3.json",
    "default-priorities": {
        "feature": {"blas": ["provider"]},
        "namespace": ["cpu", "blas"],
        "property": {"blas": {"provider": ["fast", "free", "mine"]}},
    },
    "providers": {
        "blas": {"install-time": False, "requires": ["blas-variant-provider"]},
        "cpu": {
            "enable-if": "platform_machine == 'x86_64' or platform_machine == 'AMD64'",
            "plugin-api": "provider_variant_cpu.plugin:CpuPlugin",
            "requires": ["provider-variant-cpu"],
        },
    },
    "static-properties": {"blas": {"provider": ["fast", "free", "mine"]}},
    "variants": {
        "v3_free": {"blas": {"provider": ["free"]}, "cpu": {"level": ["v3"]}},
        "fast": {"blas": {"provider": ["fast"]}},
    },
}
FRAMEWORK: Json = {
    "$schema": "https://schema.example/v0.0.2.json",
    "default-priorities": {
        "feature": {},
        "namespace": ["gpu", "order"],
        "property": {"order": {"place": ["1", "2"]}},
    },
    "providers": {
        "gpu": {"install-time": True, "requires": ["gpu-variant-provider"]},
        "order": {"install-time": False, "requires": []},
    },
    "static-properties": {"order": {"place": ["1", "2"]}},
    "variants": {
        "gpu12.8": {"gpu": {"arch": ["80_real", "90_real"]}, "order": {"place": ["2"]}},
        "gpu13.0": {"gpu": {"arch": ["90_real"]}, "order": {"place": ["1"]}},
        "null": {},
    },
}


def test_a_library_for_one_vendor_reads() -> None:
    read = read_metadata_object(GPU_LIBRARY, where="x")
    assert read.providers == {
        "gpu": Provider(
            requires=("gpu-variant-provider>=0.0.2,<1.0.0",),
            plugin_api="gpu_variant_provider.plugin:GpuPlugin",
            enable_if="platform_system == 'Linux'",
        )
    }
    assert read.variants["00000000"] == {}
    assert read.format_version == "0.0.3"


def test_a_provider_that_is_not_asked_at_install_time_has_static_properties() -> None:
    read = read_metadata_object(ARRAY_LIBRARY, where="x")
    assert read.providers["blas"].static_properties == {"provider": ("fast", "free", "mine")}
    assert read.providers["cpu"].static_properties is None
    assert read.feature_priorities == {"blas": ("provider",)}
    assert read.value_priorities == {"blas": {"provider": ("fast", "free", "mine")}}


def test_a_namespace_that_only_orders_the_variants_needs_no_package() -> None:
    read = read_metadata_object(FRAMEWORK, where="x")
    assert read.providers["order"] == Provider(static_properties={"place": ("1", "2")})
    assert read.format_version == "0.0.2"


def test_without_static_properties_the_priorities_say_what_is_compatible() -> None:
    whole = {key: part for key, part in ARRAY_LIBRARY.items() if key != "static-properties"}
    read = read_metadata_object(whole, where="x")
    assert read.providers["blas"].static_properties == {"provider": ("fast", "free", "mine")}


def test_faults_of_the_old_form_are_told() -> None:
    providers: Json = {
        "cpu": {"requires": ["cpu-provider"], "install-time": "no", "enable-if": 1, "extra": 1},
        "no.name": {"requires": ["x"]},
    }
    whole = document(
        "0.0.3", providers=providers, static_properties={"cpu": {"level": ["V"]}, "no.name": 1}
    )
    assert [path for path, _ in faults(whole)] == [
        "$.providers.cpu.extra",
        "$.providers.cpu.install-time",
        "$.static-properties.cpu.level[0]",
        "$.providers.cpu.enable-if",
        '$.providers["no.name"]',
        '$.static-properties["no.name"]',
    ]


# The table of pyproject.toml.


def test_a_project_table_needs_no_schema_and_may_fill_properties_at_build_time() -> None:
    table = {
        "default-priorities": {"namespace": ["cpu"]},
        "providers": {"cpu": {"build-requires": ["cpu-provider"], "plugin-api": "cpu:Plugin"}},
        "variants": {"v3": {"cpu": {"level": ["v3"]}}},
    }
    read = metadata_from_table(table, where="pyproject.toml")
    assert read.providers["cpu"].build_requires == ("cpu-provider",)
    del table["variants"]
    assert metadata_from_table(table, where="pyproject.toml").variants == {}
