"""What the user prefers, bans and requires, said in every place where it can be said."""

from pathlib import Path
from typing import Any

import pytest

from support.command import Completed
from support.workplace import Workplace


def _chosen(done: Completed) -> str | None:
    """The label that `explain --json` tells."""
    assert done.code == 0, done.stderr
    packages: Any = done.document["packages"]
    label = packages[0]["chosen"]["label"]
    assert label is None or isinstance(label, str)
    return label


def _listed(workplace: Workplace) -> dict[str, tuple[str, str | None]]:
    done = workplace.run("list", "--python", workplace.python, "--json")
    packages: Any = done.document["packages"]
    return {each["name"]: (each["version"], each["label"]) for each in packages}


def _all_builds(workplace: Workplace) -> None:
    workplace.build_tastes()
    workplace.build_null()
    workplace.build()


def _write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path


def _project(workplace: Workplace, text: str) -> Path:
    return _write(workplace.folder / "whichwheel.toml", text)


def _user(workplace: Workplace, text: str) -> Path:
    return _write(workplace.folder / "home" / "config" / "whichwheel" / "whichwheel.toml", text)


def _system(workplace: Workplace, text: str) -> dict[str, str]:
    _write(workplace.folder / "etc" / "whichwheel" / "whichwheel.toml", text)
    return {"XDG_CONFIG_DIRS": str(workplace.folder / "etc")}


@pytest.mark.parametrize(
    ("wish", "label"),
    [
        (("--prefer", "taste :: kind :: salty"), "salty"),
        (("--prefer", "label:null"), "null"),
        (("--prefer", "label:plain"), None),
        (("--prefer", "soup = taste::kind::salty"), "salty"),
        (("--prefer", "other = taste :: kind :: salty"), "sweet"),
        (("--prefer", "taste :: kind :: sour"), "sweet"),  # it never admits what does not fit
        (("--prefer", "label:plain", "--prefer", "taste :: kind :: salty"), None),
        (("--ban", "taste :: kind :: sweet"), "salty"),
        (("--ban", "taste"), "null"),
        (("--ban", "taste :: kind"), "null"),
        (("--ban", "taste", "--ban", "label:null"), None),
        (("--ban", "Soup = label:sweet"), "salty"),
        (("--ban", "other = taste"), "sweet"),
        (("--require", "taste :: kind :: salty"), "salty"),
        (("--require", "soup = label:null"), "null"),
        (("--require", "label:plain"), None),
        (("--require", "gpu"), "sweet"),  # no build has it, so it is not about this release
        (("--prefer", "label:plain", "--ban", "label:sweet", "--require", "taste"), "salty"),
    ],
)
def test_wishes_reorder_and_narrow_what_fits(
    workplace: Workplace, wish: tuple[str, ...], label: str | None
) -> None:
    _all_builds(workplace)
    assert _chosen(workplace.explain("soup", *wish, "--json")) == label


def test_what_is_wished_is_installed(workplace: Workplace) -> None:
    _all_builds(workplace)
    done = workplace.install("soup", "--ban", "label:sweet", "--ban", "label:null")
    assert (done.code, done.stderr) == (0, "")
    assert _listed(workplace) == {"soup": ("1.0", "salty")}


def test_a_project_that_lacks_what_is_required_of_it_gets_an_older_version_or_nothing(
    workplace: Workplace,
) -> None:
    workplace.build_tastes()
    workplace.build(version="2.0")
    older = workplace.install("soup", "--require", "soup = taste", "--dry-run")
    assert "soup 1.0 (sweet)" in older.stdout
    assert "warning: `soup 1.0` is taken; the newest, 2.0, is not" in older.stderr
    assert "it has no `taste`, which is required (`--require`)" in older.stderr
    everywhere = workplace.install("soup", "--require", "taste", "--dry-run")
    assert "soup 2.0\n" in everywhere.stdout
    before = workplace.tree()
    nothing = workplace.install("soup>=2", "--require", "soup = taste")
    assert nothing.code == 1
    assert "it has no `taste`, which is required (`--require`)" in nothing.stderr
    assert "hint: leave out `--require`" in nothing.stderr
    assert workplace.tree() == before


def test_a_requirement_of_all_binds_only_releases_that_have_it(workplace: Workplace) -> None:
    workplace.build_tastes(tastes=["sweet", "sour"], requires=["bread"])
    workplace.build("bread")
    sour = workplace.install("soup", "--require", "taste :: kind :: sour", "--dry-run")
    assert sour.code == 1
    assert "`sweet`: it has no `taste :: kind :: sour`, which is required" in sour.stderr
    sweet = workplace.install("soup", "--require", "taste", "--dry-run")
    assert "soup 1.0 (sweet), bread 1.0" in sweet.stdout


def test_the_nearest_place_counts_where_the_same_is_said_twice(workplace: Workplace) -> None:
    _all_builds(workplace)
    system = _system(workplace, 'prefer = ["label:salty"]\n')
    explain = ("soup", "--json")
    assert _chosen(workplace.explain(*explain, env=system)) == "salty"
    _user(workplace, 'ban = ["label:salty"]\n')
    assert _chosen(workplace.explain(*explain, env=system)) == "sweet"
    _project(workplace, 'require = ["label:salty"]\n')
    assert _chosen(workplace.explain(*explain, env=system)) == "salty"
    variables = {**system, "WHICHWHEEL_BAN": "label:salty"}
    assert _chosen(workplace.explain(*explain, env=variables)) == "sweet"
    nearest = workplace.explain(*explain, "--prefer", "label:salty", env=variables)
    assert _chosen(nearest) == "salty"


def test_what_is_said_of_one_project_is_an_exception(workplace: Workplace) -> None:
    _all_builds(workplace)
    workplace.build_tastes("stew", tastes=["sweet", "salty"])
    workplace.build("stew")
    _project(workplace, 'ban = ["taste"]\n\n[packages.Stew]\nprefer = ["taste"]\n')
    done = workplace.install("soup", "stew", "--dry-run")
    assert (done.code, done.stderr) == (0, "")
    assert "soup 1.0 (null), stew 1.0 (sweet)" in done.stdout


def test_a_variable_holds_several_wishes_and_options_add_to_it(workplace: Workplace) -> None:
    _all_builds(workplace)
    variables = {"WHICHWHEEL_BAN": "soup = label:sweet; taste :: kind :: salty ;"}
    assert _chosen(workplace.explain("soup", "--json", env=variables)) == "null"
    done = workplace.explain("soup", "--ban", "label:null", "--json", env=variables)
    assert _chosen(done) is None
    prefers = {"WHICHWHEEL_PREFER": "label:null;label:salty"}
    assert _chosen(workplace.explain("soup", "--json", env=prefers)) == "null"
    required = workplace.explain("soup", env={"WHICHWHEEL_REQUIRE": "label:salty"})
    assert "`label:salty`" not in required.stderr
    assert "which is required (`WHICHWHEEL_REQUIRE`)" in required.stdout.replace(
        "\n" + " " * 27, " "
    )


def _in_one_line(text: str) -> str:
    return " ".join(text.split())


def test_explain_names_the_wish_the_file_and_the_line(workplace: Workplace) -> None:
    _all_builds(workplace)
    project = _project(
        workplace,
        '# what we want\nprefer = [\n    "taste :: kind :: salty",\n]\n\n'
        '[packages.soup]\nban = ["label:null"]\n',
    )
    told = _in_one_line(workplace.explain("soup").stdout)
    preferred = f"(`{project}, line 2`)"
    assert f"preferred for `taste :: kind :: salty` {preferred}" in told
    assert f"by `salty`: `taste :: kind :: salty` is preferred {preferred}" in told
    assert f"the variant `null` is banned (`{project}, line 7`)" in told


def test_the_document_has_the_wish_as_data(workplace: Workplace) -> None:
    _all_builds(workplace)
    user = _user(workplace, 'ban = ["taste :: kind :: sweet"]\n')
    document: Any = workplace.explain(
        "soup", "--prefer", "soup = label:null", "--require", "taste", "--prefer", "taste", "--json"
    ).document
    reasons = {each["label"]: each["reasons"] for each in document["packages"][0]["wheels"]}
    assert reasons["sweet"][0]["kind"] == "banned"
    assert reasons["sweet"][0]["subject"] == "taste :: kind :: sweet"
    assert reasons["sweet"][0]["origin"] == f"{user}, line 1"
    assert reasons["null"][0]["kind"] == "not-as-required"
    assert reasons["null"][0]["subject"] == "taste"
    other: Any = workplace.explain("soup", "--prefer", "soup = label:null", "--json").document
    reasons = {each["label"]: each["reasons"] for each in other["packages"][0]["wheels"]}
    wish = {"subject": "label:null", "origin": "--prefer", "project": "soup"}
    assert reasons["null"][0]["wishes"] == [wish]
    assert reasons["salty"][0] == {
        "kind": "outranked",
        "message": reasons["salty"][0]["message"],
        "by": "soup-1.0-py3-none-any-null.whl",
        "at": "wish",
        **wish,
    }


def test_wishes_decide_about_what_is_installed_when_it_is_asked_for_again(
    workplace: Workplace,
) -> None:
    _all_builds(workplace)
    workplace.build("roll", requires=["soup"])
    workplace.install("soup")
    assert workplace.install("soup", "--prefer", "label:salty").stdout.startswith("nothing to do")
    _project(workplace, 'ban = ["label:sweet"]\n')
    assert workplace.install("roll", "--dry-run").stdout.endswith("roll 1.0\n")
    assert workplace.install("soup").code == 0
    assert _listed(workplace)["soup"] == ("1.0", "salty")
    workplace.build_tastes(version="2.0")
    _project(workplace, 'require = ["label:null"]\n')
    assert workplace.install("soup==1.0").code == 0
    assert _listed(workplace)["soup"] == ("1.0", "null")
    before = workplace.tree()
    done = workplace.install("soup==1.0", "--require", "soup = label:gone")
    assert done.code == 1
    assert "it is not the variant `gone`, which is required" in done.stderr
    assert workplace.tree() == before


def test_other_commands_go_by_the_wishes_too(workplace: Workplace) -> None:
    _all_builds(workplace)
    where = ("--no-index", "--find-links", workplace.wheels, "--python", workplace.python)
    workplace.install("soup")
    project = _project(workplace, 'ban = ["label:sweet"]\n')
    checked = workplace.run("check", *where)
    assert checked.code == 1
    assert f"`label:sweet` is banned (`{project}, line 1`)" in _in_one_line(checked.stdout)
    assert workplace.run("refresh", *where).code == 0
    assert _listed(workplace) == {"soup": ("1.0", "salty")}
    assert workplace.run("lock", "soup", *where).code == 0
    lock = (workplace.folder / "pylock.toml").read_text("utf-8")
    assert "-salty.whl" in lock
    assert "-sweet.whl" not in lock
    assert workplace.run("sync", *where, "--prefer", "label:plain").code == 0
    assert _listed(workplace) == {"soup": ("1.0", None)}
    synced = workplace.run("sync", *where, "--ban", "label:salty")
    assert synced.code == 0, synced.stderr
    assert _listed(workplace) == {"soup": ("1.0", "null")}


def test_a_banned_wheel_is_not_taken_by_its_path_either(workplace: Workplace) -> None:
    workplace.build_tastes()
    wheel = workplace.wheels / "soup-1.0-py3-none-any-sweet.whl"
    project = _project(workplace, 'ban = ["taste :: kind :: sweet"]\n')
    done = workplace.install(wheel)
    assert done.code == 1
    assert f"`taste :: kind :: sweet` is banned (`{project}, line 1`)" in done.stderr
    assert 'hint: `--prefer "taste :: kind :: sweet"` takes the place' in done.stderr
    assert workplace.install(wheel, "--prefer", "taste :: kind :: sweet").code == 0


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--ban", ""), "the namespace is missing"),
        (("--ban", "tasty:kind"), "namespace, feature and value are separated by `::`"),
        (("--prefer", "lable:sweet"), "did you mean `label:sweet`?"),
        (("--require", "a :: b :: c :: d"), "it has 4 parts, and a property has 3"),
        (("--require", "a b = taste"), "`a b` is not the name of a project"),
        (("--ban", "taste", "--require", "taste"), "both banned (`--ban`) and required"),
        (("--ban", "taste", "--require", "soup = taste :: kind"), "which includes it, is banned"),
        (("--version-policy", "oldest"), "`oldest` is not one of `newest`, `best-build`"),
    ],
)
def test_what_cannot_be_understood_is_wrong_use(
    workplace: Workplace, options: tuple[str, ...], told: str
) -> None:
    workplace.build_tastes()
    before = workplace.tree()
    done = workplace.install("soup", *options)
    assert (done.code, done.stdout) == (2, "")
    assert told in done.stderr
    assert done.stderr.count("error: ") == 1
    assert workplace.tree() == before


def test_a_contradiction_in_files_names_both_lines(workplace: Workplace) -> None:
    workplace.build_tastes()
    project = _project(workplace, 'ban = ["taste"]\nrequire = ["taste :: kind :: sweet"]\n')
    done = workplace.install("soup")
    assert (done.code, done.stdout) == (1, "")
    assert done.stderr == (
        f"error: `taste :: kind :: sweet` is required (`{project}, line 2`), and `taste`, which "
        f"includes it, is banned (`{project}, line 1`)\nhint: keep one of the two\n"
    )
    done = workplace.explain(
        "soup", env={"WHICHWHEEL_BAN": "label:a", "WHICHWHEEL_PREFER": "label:a"}
    )
    assert done.code == 2
    assert "`WHICHWHEEL_BAN`" in done.stderr
    assert "`WHICHWHEEL_PREFER`" in done.stderr


def test_all_faults_of_a_file_are_told_at_once(workplace: Workplace) -> None:
    workplace.build_tastes()
    project = _project(
        workplace,
        'version-policy = "bets"\nfail-on-fallback = "yes"\nban = ["Taste", 3]\n'
        '[packages.soup]\nbann = ["label:null"]\n[axes.blas]\nvalu = "mkl"\n',
    )
    done = workplace.install("soup")
    assert (done.code, done.stdout) == (1, "")
    assert f"error: the configuration in `{project}` is not usable: line 1: " in done.stderr
    for line, fault in (
        (1, "`version-policy` is `bets`, expected `newest` or `best-build`"),
        (2, "`fail-on-fallback` is a text, expected true or false"),
        (3, "`ban[0]` is `Taste`: "),
        (3, "`ban[1]` is a number, expected "),
        (5, "`packages.soup.bann` is not known, did you mean `ban`?"),
        (7, "`axes.blas.valu` is not known, did you mean `value`?"),
    ):
        assert f"line {line}: {fault}" in done.stderr


def _two_versions(workplace: Workplace) -> None:
    workplace.build_tastes(tastes=["sweet"])
    workplace.build_tastes(version="2.0", tastes=["sour"])
    workplace.build(version="2.0")


def test_the_newest_version_is_taken_in_a_fallback_build_with_a_warning(
    workplace: Workplace,
) -> None:
    _two_versions(workplace)
    done = workplace.install("soup", "--dry-run")
    assert "would install 1 package: soup 2.0\n" in done.stdout
    assert "warning: the plain wheel of `soup 2.0` serves, as no variant fits" in done.stderr


def test_an_older_version_is_taken_for_its_build_if_the_user_wants_that(
    workplace: Workplace,
) -> None:
    _two_versions(workplace)
    done = workplace.install("soup", "--version-policy", "best-build", "--dry-run")
    assert "would install 1 package: soup 1.0 (sweet)\n" in done.stdout
    assert (
        "warning: `soup 1.0` is taken for its build: the version policy is `best-build` "
        "(`--version-policy`), and the newest, 2.0, has none for this machine" in done.stderr
    )
    project = _project(workplace, 'version-policy = "best-build"\n')
    done = workplace.explain("soup")
    assert done.stdout.startswith("soup 1.0 (sweet) from ")
    assert f"`best-build` (`{project}, line 1`)" in done.stderr
    _user(workplace, 'version-policy = "newest"\n')
    assert workplace.explain("soup").stdout.startswith("soup 1.0 (sweet) from ")
    variable = {"WHICHWHEEL_VERSION_POLICY": "newest"}
    assert workplace.explain("soup", env=variable).stdout.startswith("soup 2.0 from ")
    # Where no version has such a build, the newest of which anything fits is taken.
    assert workplace.explain("soup", "--ban", "taste").stdout.startswith("soup 2.0 from ")


def test_the_best_build_is_wanted_within_what_is_allowed(workplace: Workplace) -> None:
    workplace.build_tastes(version="1.0", tastes=["sweet"])
    workplace.build_tastes(version="2.0", tastes=["salty"])
    workplace.build_tastes(version="3.0", tastes=["sour"])
    workplace.build(version="3.0")
    policy = ("--version-policy", "best-build", "--dry-run")
    assert "soup 2.0 (salty)" in workplace.install("soup", *policy).stdout
    assert "soup 1.0 (sweet)" in workplace.install("soup!=2.0", *policy).stdout
    assert "soup 3.0\n" in workplace.install("soup>2", *policy).stdout
    workplace.build("bread", requires=["soup>2"])
    assert "soup 3.0" in workplace.install("soup", "bread", *policy).stdout


def test_a_fallback_is_a_failure_if_the_user_wants_that(workplace: Workplace) -> None:
    _two_versions(workplace)
    before = workplace.tree()
    done = workplace.install("soup", "--fail-on-fallback")
    assert (done.code, done.stdout) == (1, "")
    assert done.stderr.startswith("error: less than the best would be taken for this machine:\n")
    assert done.stderr.count("the plain wheel of `soup 2.0` serves") == 1
    assert "warning" not in done.stderr
    assert "hint: " in done.stderr
    assert workplace.tree() == before
    explained = workplace.explain("soup", "--fail-on-fallback")
    assert explained.code == 1
    assert explained.stdout.startswith("soup 2.0 from ")
    assert explained.stderr.count("the plain wheel of `soup 2.0` serves") == 1
    _project(workplace, "fail-on-fallback = true\n")
    assert workplace.install("soup").code == 1
    variable = {"WHICHWHEEL_FAIL_ON_FALLBACK": "0"}
    assert workplace.install("soup", "--dry-run", env=variable).code == 0
    allowed = workplace.install("soup", "--no-fail-on-fallback")
    assert allowed.code == 0
    assert "warning: the plain wheel" in allowed.stderr


def test_what_the_user_wants_on_purpose_is_no_fallback(workplace: Workplace) -> None:
    _two_versions(workplace)
    _all_builds(workplace)
    failing = ("--fail-on-fallback", "--dry-run")
    best = workplace.install("soup", "--version-policy", "best-build", *failing)
    assert "soup 1.0 (sweet)" in best.stdout
    banned = workplace.install("soup<2", "--ban", "taste", *failing)
    assert (banned.code, banned.stderr) == (0, "")
    preferred = workplace.install("soup<2", "--prefer", "label:plain", *failing)
    assert (preferred.code, preferred.stderr) == (0, "")


MPI = {"mpi": {"implementation": ["openmpi", "mpich"]}}
GIVEN = ("--set", "mpi :: implementation :: openmpi, mpich")


def _bindings(workplace: Workplace, *names: str) -> None:
    for name in names:
        for library in MPI["mpi"]["implementation"]:
            workplace.build(name, label=library, properties={"mpi": {"implementation": [library]}})


def test_the_mpi_of_an_environment_has_to_be_chosen(workplace: Workplace) -> None:
    _bindings(workplace, "bindings", "solver")
    before = workplace.tree()
    done = workplace.install("bindings", *GIVEN)
    assert (done.code, done.stdout) == (1, "")
    assert "`mpi :: implementation`" in done.stderr
    assert "has to be chosen, and nothing says which" in done.stderr
    assert "builds are on offer for `openmpi`: `bindings`; `mpich`: `bindings`" in done.stderr
    assert 'hint: choose with `--axis "mpi :: implementation = ' in done.stderr
    assert workplace.tree() == before
    for name in ("mpi", "mpi :: implementation"):
        by_option = workplace.install("bindings", *GIVEN, "--axis", f"{name} = mpich", "--dry-run")
        assert "bindings 1.0 (mpich)" in by_option.stdout
    _project(workplace, '[axes.mpi]\nvalue = "openmpi"\n')
    by_file = workplace.install("bindings", *GIVEN, "--dry-run")
    assert "bindings 1.0 (openmpi)" in by_file.stdout
    nearer = workplace.install("bindings", *GIVEN, "--axis", "mpi = mpich")
    assert nearer.code == 0, nearer.stderr
    assert _listed(workplace) == {"bindings": ("1.0", "mpich")}


def test_an_axis_can_be_chosen_in_a_variable_and_for_the_user(workplace: Workplace) -> None:
    _bindings(workplace, "bindings")
    variable = {"WHICHWHEEL_AXIS": "mpi = mpich; blas = mkl"}
    done = workplace.install("bindings", *GIVEN, "--dry-run", env=variable)
    assert "bindings 1.0 (mpich)" in done.stdout
    _user(workplace, '[axes.mpi]\nvalue = "mpich"\n')
    done = workplace.install("bindings", *GIVEN, "--dry-run")
    assert "bindings 1.0 (mpich)" in done.stdout


@pytest.mark.parametrize(
    ("option", "told"),
    [
        ("mpi", "it has no `=`"),
        ("mpj = mpich", "there is no such axis"),
        ("mpi = openmpy", "`openmpi`"),
        ("cuda = twelve", "major versions"),
    ],
)
def test_an_unknown_axis_or_value_is_wrong_use(
    workplace: Workplace, option: str, told: str
) -> None:
    _bindings(workplace, "bindings")
    done = workplace.install("bindings", *GIVEN, "--axis", option)
    assert (done.code, done.stdout) == (2, "")
    assert told in done.stderr
    assert "hint: " in done.stderr


def _blas(workplace: Workplace, name: str, *libraries: str) -> None:
    for library in libraries:
        workplace.build(name, label=library, properties={"blas_lapack": {"library": [library]}})


def test_a_strategy_says_which_value_is_best(workplace: Workplace) -> None:
    _blas(workplace, "first", "openblas", "mkl")
    workplace.build("first")
    _blas(workplace, "second", "mkl")
    workplace.build("second")
    _blas(workplace, "third", "mkl")
    workplace.build("third")
    given = ("--set", "blas_lapack :: library :: openblas, mkl")
    names = ("first", "second", "third")
    preferred = workplace.install(*names, *given, "--dry-run")
    assert preferred.code == 0, preferred.stderr
    most = ("--axis-strategy", "most-packages", "--dry-run")
    done = workplace.install(*names, *given, *most)
    assert "first 1.0 (mkl), second 1.0 (mkl), third 1.0 (mkl)" in done.stdout
    _project(workplace, '[axes]\nstrategy = "most-packages"\n')
    by_file = workplace.install(*names, *given, "--dry-run")
    assert by_file.stdout == done.stdout
    _project(workplace, '[axes]\nstrategy = "most"\n')
    wrong = workplace.install(*names, *given, "--dry-run")
    assert wrong.code == 1
    assert "line 2: `axes.strategy` is `most`" in wrong.stderr


def test_explain_names_the_axis_and_where_its_value_was_chosen(workplace: Workplace) -> None:
    _blas(workplace, "first", "openblas", "mkl")
    given = ("--set", "blas_lapack :: library :: openblas, mkl")
    project = _project(workplace, '[axes.blas]\nvalue = "mkl"\n')
    told = _in_one_line(workplace.explain("first", *given).stdout)
    assert told.startswith("first 1.0 (mkl) from ")
    assert f"`mkl` is chosen ({project}, line 2)" in told
    document: Any = workplace.explain("first", *given, "--json").document
    reason = document["packages"][0]["wheels"][-1]["reasons"][0]
    assert (reason["kind"], reason["axis"]) == ("not-allowed", "blas")
    assert (reason["values"], reason["chosen"]) == (["openblas"], "mkl")
    assert reason["origin"] == f"{project}, line 2"
    nothing = workplace.explain("first", *given, "--axis", "blas = blis")
    assert nothing.code == 1
    assert "hint: choose another value with `--axis`" in nothing.stderr


def test_packages_agree_on_the_axis_that_was_chosen(workplace: Workplace) -> None:
    _blas(workplace, "first", "openblas", "mkl")
    _blas(workplace, "second", "mkl")
    workplace.build("second")
    given = ("--set", "blas_lapack :: library :: openblas, mkl")
    wanted = ("--axis", "blas_lapack :: library = openblas", "--dry-run", "--json")
    plan: Any = workplace.install("first", "second", *given, *wanted).document
    assert {each["name"]: each["label"] for each in plan["add"]} == {
        "first": "openblas",
        "second": None,
    }
