import json
import subprocess
import sys

from support.workplace import Workplace


def test_what_is_frozen_is_what_pip_freezes(workplace: Workplace) -> None:
    workplace.build("bread", version="2.0")
    workplace.build_tastes("soup")
    direct = workplace.build("Some.Jam", version="3.0")
    assert workplace.install("bread", "soup").code == 0
    assert workplace.install(direct).code == 0
    done = workplace.run("freeze", "--python", workplace.python)
    assert (done.code, done.stderr) == (0, "")
    pip = subprocess.run(
        [sys.executable, "-m", "pip", "--python", workplace.python, "freeze"],
        check=True,
        capture_output=True,
        text=True,
    )
    assert done.stdout.lower().splitlines() == [
        line.replace("Some.Jam", "some-jam") for line in pip.stdout.splitlines()
    ]
    assert done.stdout.startswith("bread==2.0\nsome-jam @ file://")
    document = json.loads(workplace.run("freeze", "--json", "--python", workplace.python).stdout)
    assert document["requirements"] == done.stdout.splitlines()


def test_what_installs_the_rest_is_left_out(workplace: Workplace) -> None:
    workplace.build("pip", version="99.0")
    assert workplace.install("pip").code == 0
    assert workplace.run("freeze", "--python", workplace.python).stdout == ""
    everything = workplace.run("freeze", "--all", "--python", workplace.python)
    assert everything.stdout == "pip==99.0\n"


def test_an_editable_install_is_named_by_its_folder(workplace: Workplace) -> None:
    site = workplace.environment.site_folders[0]
    info = site / "own-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: own\nVersion: 1.0\n")
    url = workplace.folder.as_uri()
    (info / "direct_url.json").write_text(json.dumps({"url": url, "dir_info": {"editable": True}}))
    frozen = workplace.run("freeze", "--python", workplace.python).stdout
    assert frozen == f"-e {workplace.folder}\n"
