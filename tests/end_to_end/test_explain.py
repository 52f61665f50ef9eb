"""`whichwheel explain` and `platform`, from the outside."""

from pathlib import Path
from typing import Any

from support.index import write_project
from support.workplace import Workplace

H100 = """
python = "3.12"
platform = "manylinux_2_28_x86_64"
[facts.nvidia]
driver_cuda_version = "12.8"
compute_capabilities = ["9.0"]
"""


def _target(workplace: Workplace, text: str = H100) -> Path:
    path = workplace.folder / "h100.toml"
    path.write_text(text, "utf-8")
    return path


def _build_cuda(workplace: Workplace, *labels: str) -> None:
    for label in labels:
        version = f"{label[2:4]}.{label[4:]}"
        workplace.build(
            "torch",
            label=label,
            properties={"nvidia": {"cuda_version_lower_bound": [version]}},
            namespaces=["nvidia"],
        )


def test_every_wheel_stands_in_the_table_with_its_reason(workplace: Workplace) -> None:
    workplace.build_tastes()
    workplace.build_null()
    workplace.build()
    workplace.build("soup", tag="cp39-cp39-win32")
    done = workplace.explain("soup")
    assert (done.code, done.stderr) == (0, "")
    assert done.stdout == (
        f"soup 1.0 (sweet) from {workplace.wheels}\n"
        "  soup-1.0-py3-none-any-sweet.whl\n"
        "  best of those that fit: `taste :: kind :: sweet` [listed in the metadata]\n"
        "\n"
        "  place  wheel    status     why\n"
        "      1  sweet    chosen     best of those that fit\n"
        "      2  salty    outranked  by `sweet`: its `taste :: kind :: sweet` comes before\n"
        "                             `taste :: kind :: salty`\n"
        "      3  null     outranked  by `sweet`: it has `taste :: kind :: sweet` besides\n"
        "      4  (plain)  outranked  by `sweet`: a variant that fits comes before a plain wheel\n"
        "      -  sour     refused    `taste :: kind` must be `sour`, and this machine has "
        "`sweet`, `salty`\n"
        "                             [listed in the metadata]\n"
        "  1 wheel is for other platforms or Python versions (listed with `-v`)\n"
    )
    verbose = workplace.explain("soup", "-v").stdout
    assert "it is for `cp39-cp39-win32`" in verbose


def test_the_json_document_has_the_documented_shape(workplace: Workplace) -> None:
    workplace.build_tastes(tastes=["sweet", "sour"])
    done = workplace.explain("soup", "--json")
    assert (done.code, done.stderr) == (0, "")
    document: Any = done.document
    assert list(document) == ["format", "target", "packages"]
    assert document["format"] == "whichwheel-explain/1"
    assert document["target"]["name"] == "this machine"
    (package,) = document["packages"]
    wheel = workplace.wheels / "soup-1.0-py3-none-any-sweet.whl"
    chosen = {"filename": wheel.name, "label": "sweet", "url": wheel.as_uri(), "stands-in": None}
    assert package["chosen"] == chosen
    assert (package["name"], package["version"]) == ("soup", "1.0")
    best, refused = package["wheels"]
    assert (best["rank"], best["status"], best["label"]) == (0, "chosen", "sweet")
    assert (refused["rank"], refused["status"], refused["label"]) == (None, "refused", "sour")
    (reason,) = refused["reasons"]
    assert reason["kind"] == "property-not-supported"
    assert reason["feature"] == "taste :: kind"
    assert reason["wanted"] == ["sour"]
    assert reason["supported"] == ["sweet", "salty"]
    assert package["warnings"] == []


def test_another_machine_is_chosen_for_from_a_file_alone(workplace: Workplace) -> None:
    _build_cuda(workplace, "cu118", "cu126", "cu128", "cu130")
    target = _target(workplace)
    links = ("--no-index", "-f", workplace.wheels)
    explained: Any = workplace.run("explain", "torch", *links, "--for", target, "--json").document
    assert explained["target"]["name"] == "h100"
    assert explained["packages"][0]["chosen"]["label"] == "cu128"
    dry = workplace.run("install", "torch", *links, "--for", target, "--dry-run")
    assert (dry.code, dry.stdout.splitlines()[-1]) == (
        0,
        "would install 1 package: torch 1.0 (cu128)",
    )
    wrong = workplace.run("install", "torch", *links, "--for", target)
    assert wrong.code == 2
    assert "add `--dry-run`" in wrong.stderr
    assert workplace.run("explain", "torch", "--for", target, "--python", "x").code == 2


def test_where_nothing_fits_every_label_gets_its_reason(workplace: Workplace) -> None:
    _build_cuda(workplace, "cu130", "cu131")
    done = workplace.explain("torch", "--for", _target(workplace))
    assert done.code == 2  # `--python` says nothing of another machine
    where = ("--no-index", "-f", workplace.wheels, "--for", _target(workplace))
    done = workplace.run("explain", "torch", *where)
    assert done.code == 1
    assert "no wheel fits" in done.stdout
    for label, version in (("cu130", "13.0"), ("cu131", "13.1")):
        assert f"  -  {label}  refused  " in done.stdout
        assert f"`nvidia :: cuda_version_lower_bound` must be `{version}`" in done.stderr
    assert "the driver's CUDA version is 12.8" in done.stderr
    assert "hint: " in done.stderr
    as_json = workplace.run("explain", "torch", *where, "--json")
    assert as_json.code == 1
    packages: Any = as_json.document["packages"]
    assert packages[0]["chosen"] is None
    assert len(packages[0]["wheels"]) == 2


def test_override_variables_are_honoured_and_told_once(workplace: Workplace) -> None:
    _build_cuda(workplace, "cu126", "cu130")
    done = workplace.explain(
        "torch",
        env={
            "NV_VARIANT_PROVIDER_FORCE_CUDA_DRIVER_VERSION": "12.9",
            "NV_VARIANT_PROVIDER_FORCE_SM_ARCH": "9.0",
        },
    )
    assert done.code == 0, done.stderr
    assert "torch 1.0 (cu126)" in done.stdout
    assert done.stderr.count("NV_VARIANT_PROVIDER_FORCE_CUDA_DRIVER_VERSION") == 1
    assert "is not detected but given: `12.9`" in done.stderr


def test_a_machine_writes_the_file_that_describes_it(workplace: Workplace) -> None:
    workplace.build_tastes()
    where = ("--python", workplace.python)
    written = workplace.run("platform", *where, "--toml")
    assert written.code == 0, written.stderr
    again = workplace.run("platform", "--for", _target(workplace, written.stdout), "--toml")
    assert again.code == 0, again.stderr

    def stripped(text: str) -> list[str]:
        lines = [line.partition("  #")[0] for line in text.splitlines()]
        return [line for line in lines if not line.startswith("name =")]

    assert stripped(again.stdout) == stripped(written.stdout)
    shown: Any = workplace.run("platform", *where, "--json").document
    assert shown["format"] == "whichwheel-platform/1"
    assert shown["target"]["facts"]
    text = workplace.run("platform", *where).stdout
    assert text.startswith("this machine: CPython ")
    assert "values, best first" in text


def test_an_unknown_key_of_a_target_file_gets_a_suggestion(workplace: Workplace) -> None:
    target = _target(workplace, H100.replace("driver_cuda_version", "driver_cuda_versoin"))
    done = workplace.run("platform", "--for", target)
    assert done.code == 1
    assert "did you mean `driver_cuda_version`?" in done.stderr


def test_what_an_index_says_cannot_steer_the_terminal(workplace: Workplace) -> None:
    wheel = workplace.build("bread")
    write_project(
        workplace.folder,
        "bread",
        [wheel],
        yanked={wheel.name: "\x1b[2Jgone \u202ebad"},
    )
    done = workplace.run(
        "explain", "bread", "-i", workplace.folder / "simple", "--python", workplace.python
    )
    assert "\x1b" not in done.stdout + done.stderr
    assert "\u202e" not in done.stdout + done.stderr
    assert "\\x1b[2Jgone" in done.stdout + done.stderr


def test_several_targets_make_one_table(workplace: Workplace) -> None:
    _build_cuda(workplace, "cu126", "cu130")
    workplace.build("torch", label="null", namespaces=["nvidia"])
    newer = workplace.folder / "b200.toml"
    newer.write_text(H100.replace("12.8", "13.0"), "utf-8")
    both = ("--for", _target(workplace), "--for", newer)
    where = ("--no-index", "--find-links", workplace.wheels)
    done = workplace.run("explain", "torch", *where, *both)
    assert (done.code, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0].split() == ["package", "target", "variant", "status", "why"]
    assert lines[1].split()[:5] == ["torch", "1.0", "h100", "cu126", "chosen"]
    assert any(line.split()[:3] == ["b200", "cu130", "chosen"] for line in lines)
    document: Any = workplace.run("explain", "torch", *where, *both, "--json").document
    assert document["format"] == "whichwheel-explain-targets/1"
    labels = [each["packages"][0]["chosen"]["label"] for each in document["targets"]]
    assert labels == ["cu126", "cu130"]
    one_only = workplace.run("install", "torch", *where, *both, "--dry-run")
    assert one_only.code == 2
    assert "only one `--for`" in one_only.stderr
