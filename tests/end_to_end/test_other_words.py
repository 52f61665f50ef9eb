"""Options and commands of pip and uv that are none of ours, and what is said to who gives them."""

import pytest

from support.workplace import Workplace


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (("install", "--no-cache-dir", "soup"), "`--no-cache` is what this is called here"),
        (("install", "--uploaded-prior-to=P7D", "soup"), "`--exclude-newer` is what this"),
        (("uninstall", "-y", "soup"), "leave it out: nothing is asked"),
        (("install", "--target", "here", "soup"), "`--python` names it"),
        (("install", "--nonsense", "soup"), "`whichwheel install --help` lists what there is"),
    ],
)
def test_the_words_of_other_tools_are_known(
    workplace: Workplace, arguments: tuple[str, ...], hint: str
) -> None:
    done = workplace.run(*arguments)
    assert done.code == 2
    assert "error: no such option" in done.stderr
    assert hint in done.stderr.rpartition("hint: ")[2]


@pytest.mark.parametrize(
    ("command", "hint"),
    [
        ("instal", "did you mean `install` or `uninstall`?"),
        ("upgrade", "`whichwheel install --upgrade` takes the newest"),
        ("outdated", "`whichwheel list --outdated` lists what is outdated"),
        ("nonsense", "`whichwheel --help` lists what there is"),
    ],
)
def test_the_commands_of_other_tools_are_known(
    workplace: Workplace, command: str, hint: str
) -> None:
    done = workplace.run(command, "soup")
    assert (done.code, done.stdout) == (2, "")
    assert done.stderr == f"error: no such command `{command}`\nhint: {hint}\n"
