"""Writing variant metadata."""

import json

from whichwheel.spec.metadata import Provider, VariantMetadata
from whichwheel.spec.reading import read_metadata, read_metadata_object
from whichwheel.spec.writing import metadata_document, write_metadata

PLAIN = VariantMetadata(
    ("gpu", "cpu"),
    {"v3": {"cpu": {"level": ("v3", "v2")}, "gpu": {"arch": ("90",)}}, "null": {}},
)


def test_without_providers_the_format_is_that_of_pep_825() -> None:
    document = metadata_document(PLAIN)
    schema = document.pop("$schema")
    assert str(schema).endswith("/peps/825/v0.1.1.json")
    assert document == {
        "default-priorities": {"namespace": ["gpu", "cpu"]},
        "variants": {"null": {}, "v3": {"cpu": {"level": ["v2", "v3"]}, "gpu": {"arch": ["90"]}}},
    }


def test_with_providers_the_format_has_a_place_for_them() -> None:
    document = metadata_document(
        VariantMetadata(
            ("a", "b", "c"),
            {},
            {
                "c": Provider(builtin="abi_dependency"),
                "b": Provider(static_properties={"y": ("2", "1"), "x": ("on",)}),
                "a": Provider(requires=("p>=1",), plugin_api="p:P", optional=True),
            },
        )
    )
    assert str(document["$schema"]).endswith("/v0.2.0.json")
    assert document["providers"] == {
        "a": {"requires": ["p>=1"], "plugin-api": "p:P", "optional": True},
        "b": {"static-properties": {"y": ["2", "1"], "x": ["on"]}, "feature-order": ["y", "x"]},
        "c": {"builtin": "abi_dependency"},
    }


def test_an_old_file_is_written_in_the_new_form_and_means_the_same() -> None:
    old = read_metadata_object(
        {
            "$schema": "https://schema.example/v0.0.3.json",
            "default-priorities": {"namespace": ["gpu", "order"]},
            "providers": {
                "gpu": {"requires": ["gpu-provider>=1"], "enable-if": "os_name == 'posix'"},
                "order": {"install-time": False, "requires": []},
            },
            "static-properties": {"order": {"place": ["1", "2"]}},
            "variants": {"g12": {"gpu": {"lower_bound": ["12.0"]}, "order": {"place": ["2"]}}},
        },
        where="x",
    )
    new = read_metadata(write_metadata(old), where="x")
    assert new.format_version == "0.2.0"
    assert (new.namespaces, new.variants) == (old.namespaces, old.variants)
    assert new.providers["order"].static_properties == {"place": ("1", "2")}
    # The condition lives on as the marker of the requirement.
    assert new.providers["gpu"].requires == ('gpu-provider>=1; os_name == "posix"',)


def test_a_condition_joins_the_marker_that_is_there() -> None:
    provider = Provider(
        requires=("a>=1; os_name == 'nt' or os_name == 'posix'", "b"),
        enable_if="sys_platform == 'linux' or sys_platform == 'win32'",
    )
    document = metadata_document(VariantMetadata(("a",), {}, {"a": provider}))
    assert document["providers"] == {
        "a": {
            "requires": [
                (
                    'a>=1; (os_name == "nt" or os_name == "posix") and '
                    '(sys_platform == "linux" or sys_platform == "win32")'
                ),
                'b; sys_platform == "linux" or sys_platform == "win32"',
            ]
        }
    }


def test_the_bytes_are_text_with_a_line_break_at_the_end() -> None:
    written = write_metadata(PLAIN)
    assert written.endswith(b"}\n")
    assert b"\r" not in written
    assert json.loads(written) == metadata_document(PLAIN)
