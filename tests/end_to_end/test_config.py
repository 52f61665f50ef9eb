"""Options that configuration files set for good, and `whichwheel config`, which shows them."""

from pathlib import Path

import pytest

from support.command import Completed, run_whichwheel
from support.workplace import Workplace
from whichwheel.cli.commands.install import command as install
from whichwheel.cli.options import EnvironmentOption
from whichwheel.cli.settings import SETTINGS


@pytest.fixture
def shop(workplace: Workplace) -> Workplace:
    """Bread here and there, each place with another version."""
    workplace.build("bread", version="1.0")
    for version, folder in (("2.0", "there"), ("3.0", "elsewhere"), ("4.0", "mine")):
        built = workplace.build("bread", version=version)
        (workplace.folder / folder).mkdir()
        built.rename(workplace.folder / folder / built.name)
    built = workplace.build("jam", version="1.0b1")
    built.rename(workplace.folder / "there" / built.name)
    return workplace


def _project(workplace: Workplace, text: str, name: str = "whichwheel.toml") -> Path:
    path = workplace.folder / name
    path.write_text(text)
    return path


def _user(workplace: Workplace, text: str) -> Path:
    path = workplace.folder / "home" / "config" / "whichwheel" / "whichwheel.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def _system(workplace: Workplace, text: str) -> Path:
    path = workplace.folder / "home" / "etc" / "whichwheel" / "whichwheel.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def _settings(done: Completed) -> list[dict[str, object]]:
    found = done.document["settings"]
    assert isinstance(found, list)
    return found


def _files(done: Completed) -> list[dict[str, object]]:
    found = done.document["files"]
    assert isinstance(found, list)
    return found


def _would(workplace: Workplace, *arguments: str, env: dict[str, str] | None = None) -> str:
    done = workplace.run("install", "--dry-run", "--python", workplace.python, *arguments, env=env)
    assert done.code == 0, done.stderr
    return done.stdout.rpartition(": ")[2].strip()


def test_a_project_says_where_packages_come_from(shop: Workplace) -> None:
    _project(shop, '[index]\nno-index = true\nfind-links = ["there"]\n')
    assert _would(shop, "bread") == "bread 2.0"


def test_pyproject_says_it_too(shop: Workplace) -> None:
    text = '[tool.whichwheel.index]\nno-index = true\nfind-links = ["there"]\n'
    _project(shop, text + "[tool.whichwheel.install]\nprerelease = true\n", "pyproject.toml")
    assert _would(shop, "jam>0", "bread") == "bread 2.0, jam 1.0b1"


def test_the_nearer_place_counts(shop: Workplace) -> None:
    _system(shop, '[index]\nno-index = true\nfind-links = ["../../../wheels"]\n')
    assert _would(shop, "bread") == "bread 1.0"
    _user(shop, '[index]\nfind-links = ["../../../there"]\n')
    assert _would(shop, "bread") == "bread 2.0"
    _project(shop, '[index]\nfind-links = ["elsewhere"]\n')
    assert _would(shop, "bread") == "bread 3.0"
    variable = {"WHICHWHEEL_FIND_LINKS": "wheels"}
    assert _would(shop, "bread", env=variable) == "bread 1.0"
    assert _would(shop, "bread", "--find-links", "there", env=variable) == "bread 2.0"


def test_who_names_an_index_names_all_that_is_asked(shop: Workplace) -> None:
    _user(shop, '[index]\nextra-urls = ["../../../mine"]\nfind-links = ["../../../mine"]\n')
    _project(shop, '[index]\nno-index = true\nfind-links = ["there"]\n')
    assert _would(shop, "bread") == "bread 2.0"
    only = ("--no-index", "--find-links", "wheels")
    assert _would(shop, "bread", *only) == "bread 1.0"
    _project(shop, '[index]\nfind-links = ["there"]\n')
    assert shop.run("install", "bread", "--dry-run", "--no-index").code == 1
    (shop.folder / "requirements.txt").write_text("--no-index\n-f wheels\nbread\n")
    assert _would(shop, "-r", "requirements.txt") == "bread 1.0"


def test_a_variable_turns_a_switch_off(shop: Workplace) -> None:
    _project(shop, '[index]\nno-index = true\nfind-links = ["wheels"]\n')
    _user(shop, "[install]\ncompile-bytecode = true\n")
    site = shop.environment.site_folders[0]
    where = ("--python", shop.python, "--reinstall")
    env = {"WHICHWHEEL_COMPILE_BYTECODE": "0"}
    assert shop.run("install", "bread", *where, env=env).code == 0
    assert not list(site.glob("bread/__pycache__"))
    assert shop.run("install", "bread", *where).code == 0
    assert list(site.glob("bread/__pycache__"))


def test_what_protects_is_not_taken_back_by_a_project(shop: Workplace) -> None:
    _user(shop, "[install]\nrequire-hashes = true\nonly-binary = ['bread']\n")
    _project(
        shop,
        '[index]\nno-index = true\nfind-links = ["wheels"]\n'
        "[install]\nrequire-hashes = false\nonly-binary = ['jam']\n",
    )
    done = shop.run("install", "bread", "--python", shop.python)
    assert "no digest was given for it" in done.stderr
    (setting,) = _settings(shop.run("config", "--json", "install.only-binary"))
    assert setting["value"] == ["bread", "jam"]


@pytest.mark.parametrize(
    ("table", "line"),
    [
        ("index", "trusted-hosts = ['index.example']"),
        ("index", "cert = 'mine.pem'"),
        ("index", "client-cert = 'mine.pem'"),
        ("index", "proxy = 'http://proxy.example'"),
        ("install", "allow-build = [':all:']"),
        ("install", "no-binary = [':all:']"),
        ("install", "no-build-isolation = true"),
        ("cache", "folder = 'mine'"),
        ("index", "keyring-provider = 'subprocess'"),
        ("install", "exclude-newer-package = { bread = false }"),
    ],
)
def test_a_project_does_not_lower_the_safety_of_others(
    shop: Workplace, table: str, line: str
) -> None:
    _project(shop, f"[{table}]\n{line}\n")
    done = shop.run("install", "bread", "--dry-run", "--python", shop.python)
    assert done.code == 1
    assert f"line 2: `{table}.{line.partition(' ')[0]}` is for whoever owns the machine" in (
        done.stderr
    )
    _project(shop, "[index]\nno-index = true\nfind-links = ['wheels']\n")
    _user(shop, f"[{table}]\n{line}\n")
    assert shop.run("config").code == 0


def test_indexes_stand_in_for_each_other_only_where_one_place_names_all(shop: Workplace) -> None:
    _project(shop, "[index]\nstrategy = 'best-match'\n")
    done = shop.run("install", "bread", "--dry-run", "--python", shop.python)
    assert "line 2: `index.strategy` is for a project that names the `url` too" in done.stderr
    _project(shop, "[index]\nurl = 'there'\nstrategy = 'best-match'\n")
    (setting,) = _settings(shop.run("config", "--json", "index.strategy"))
    assert (setting["value"], setting["from"]) == ("best-match", "project")


@pytest.mark.parametrize(
    ("project", "user", "holds"),
    [
        ("2026-03-01", '"2026-02-01T00:00:00Z"', "2026-02-01T00:00:00Z"),
        ("2026-01-01", '"2026-02-01T00:00:00Z"', "2026-01-01"),
        ("false", '"2 days"', "2 days"),
        ('"1 day"', '"2 days"', "2 days"),
    ],
)
def test_of_two_moments_the_earlier_holds(
    shop: Workplace, project: str, user: str, holds: str
) -> None:
    _project(shop, f"[install]\nexclude-newer = {project}\n")
    _user(shop, f"[install]\nexclude-newer = {user}\n")
    (setting,) = _settings(shop.run("config", "--json", "install.exclude-newer"))
    assert setting["value"] == holds


def test_a_moment_that_is_none_names_its_line(shop: Workplace) -> None:
    path = _user(shop, "[install]\nexclude-newer = 'soon'\n")
    done = shop.run("install", "bread", "--dry-run", "--python", shop.python)
    assert done.code == 1
    assert f"`{path}` is not usable: line 2: `install.exclude-newer` is unfit: " in done.stderr


def test_all_faults_are_told_at_once(shop: Workplace) -> None:
    _project(
        shop,
        "ban = [1]\n[index]\nurls = 'x'\nretries = -1\ntimeout = '3'\nextra-urls = 'x'\n"
        "[install]\nlink-mode = 'symlink'\nonly-binary = ['?']\nprerelease = 1\n",
    )
    done = shop.run("install", "bread")
    assert done.code == 1
    for said in (
        "line 1: `ban[0]`",
        "line 3: `index.urls` is not known, did you mean `url`?",
        "line 4: `index.retries` is `-1`, expected a whole number, 0 or more",
        "line 5: `index.timeout` is a text, expected a number of seconds above 0",
        "line 6: `index.extra-urls` is a text, expected a list of URLs or paths",
        "line 8: `install.link-mode` is `symlink`, expected `clone` or `hardlink` or `copy`",
        "line 9: `install.only-binary[0]` is `?`, expected names of projects",
        "line 10: `install.prerelease` is `1`, expected true or false",
    ):
        assert said in done.stderr


def test_a_users_own_file_stays_theirs_within_its_folder(shop: Workplace) -> None:
    path = _user(shop, "[index]\ntrusted-hosts = ['index.example']\n")
    done = run_whichwheel("config", "--json", home=shop.folder / "home", cwd=path.parent)
    assert done.code == 0, done.stderr
    assert [(each["whose"], each["read"]) for each in _files(done)] == [
        ("project", False),
        ("user", True),
        ("system", False),
    ]


def test_every_setting_stands_for_an_option() -> None:
    options = {
        option.setting: option.long_name
        for option in install.params
        if isinstance(option, EnvironmentOption) and option.setting is not None
    }
    assert options == {each.name: each.option for each in SETTINGS}


def test_each_value_is_shown_with_where_it_comes_from(shop: Workplace) -> None:
    project = _project(
        shop, 'version-policy = "best-build"\n[index]\nurl = "https://me:secret@index.example/"\n'
    )
    user = _user(shop, "\n[install]\nlink-mode = 'copy'\n[packages.bread]\nban = ['nvidia']\n")
    env = {"WHICHWHEEL_RETRIES": "7", "WHICHWHEEL_BAN": "label:cpu", "PIP_TIMEOUT": "9"}
    done = shop.run("config", "--json", env=env)
    assert done.code == 0, done.stderr
    said = {each["name"]: each for each in _settings(done)}
    assert {
        name: (said[name]["value"], said[name]["from"], said[name]["place"], said[name]["line"])
        for name in (
            *("index.url", "index.retries", "index.timeout", "install.link-mode", "--ban"),
            *("install.prerelease", "version-policy", "packages.bread.ban"),
        )
    } == {
        "index.url": ("https://****@index.example/", "project", str(project), 3),
        "index.retries": (7, "variable", "WHICHWHEEL_RETRIES", None),
        "index.timeout": (9.0, "pip", "PIP_TIMEOUT", None),
        "install.link-mode": ("copy", "user", str(user), 3),
        "--ban": (["label:cpu"], "variable", "WHICHWHEEL_BAN", None),
        "install.prerelease": (False, "default", None, None),
        "version-policy": ("best-build", "project", str(project), 1),
        "packages.bread.ban": (["nvidia"], "user", str(user), 5),
    }
    text = shop.run("config", env={**env, "COLUMNS": "500"})
    assert "secret" not in text.stdout + done.stdout
    assert f"project: {project}, line 3" in text.stdout
    assert f"user     {user}\n" in text.stdout


def test_the_settings_of_pip_are_named(shop: Workplace) -> None:
    pip = _project(
        shop,
        "[global]\nindex-url = https://me:secret@index.example/simple\n"
        "trusted-host = one.example two.example\n",
        "pip.conf",
    )
    _user(shop, "[index]\ntrusted-hosts = ['three.example']\n")
    env = {"PIP_CONFIG_FILE": str(pip), "PIP_PROXY": "me:secret@proxy.example:80"}
    done = shop.run("config", "--json", "index", env=env)
    assert "secret" not in done.stdout
    by_name: dict[str, list[object]] = {}
    for each in _settings(done):
        by_name.setdefault(str(each["name"]), []).append((each["value"], each["from"]))
    assert by_name["index.url"] == [("https://****@index.example/simple", "pip")]
    assert by_name["index.proxy"] == [("****@proxy.example:80", "pip")]
    assert by_name["index.trusted-hosts"] == [
        (["three.example"], "user"),
        (["one.example", "two.example"], "pip"),
    ]
    assert {"whose": "pip", "path": str(pip), "read": True} in _files(done)
    shown = shop.run("config", "index.url", env={**env, "COLUMNS": "500"})
    assert f"pip: {pip}, [global]" in shown.stdout


def test_variables_that_every_program_heeds_are_named(shop: Workplace) -> None:
    env = {"HTTPS_PROXY": "http://me:secret@proxy.example:3128", "SSL_CERT_FILE": "/all.pem"}
    unset = dict.fromkeys(("https_proxy", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"), "")
    done = shop.run("config", "--json", "index.proxy", "index.cert", env={**unset, **env})
    assert [(each["value"], each["place"]) for each in _settings(done)] == [
        ("http://****@proxy.example:3128", "HTTPS_PROXY"),
        ("/all.pem", "SSL_CERT_FILE"),
    ]


def test_one_setting_is_shown_and_a_wrong_name_is_told(shop: Workplace) -> None:
    done = shop.run("config", "install.link-mode", "pre")
    assert [line.split() for line in done.stdout.splitlines()] == [
        ["setting", "value", "from"],
        ["install.link-mode", "-", "default"],
        ["install.prerelease", "false", "default"],
    ]
    wrong = shop.run("config", "index.urls")
    assert wrong.code == 2
    assert "there is no setting `index.urls`, did you mean `index.url`?" in wrong.stderr


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("https://me:se cret@index.example/simple", "https://****@index.example/simple"),
        ("https://index.example/simple?sig=secret", "https://index.example/simple?****"),
        ("https://me:secret@index.example/s?k=secret#x", "https://****@index.example/s?****#x"),
        (
            "https://a.example/ https://:secret@b.example/",
            "https://a.example/ https://****@b.example/",
        ),
    ],
)
def test_no_secret_in_an_address_is_shown(shop: Workplace, address: str, shown: str) -> None:
    done = shop.run("config", "--json", "index.url", env={"WHICHWHEEL_INDEX_URL": address})
    assert [each["value"] for each in _settings(done)] == [shown]
