"""Who is decided first, as the user sees it: by what is given up when not all can be the newest."""

from pathlib import Path

from support.resolutions import Box, found
from support.wheels import WheelSpec


def test_what_was_asked_for_stays_new_though_its_dependencies_conflict_often(
    tmp_path: Path,
) -> None:
    # `lab` accepts any `kernel`; each newer `kernel` needs the `client` that `book` cannot use.
    box = Box.of(
        tmp_path,
        WheelSpec("lab", "1", requires=["kernel"]),
        *(
            WheelSpec("book", str(number), requires=["client<2", "kernel"])
            for number in range(5, 9)
        ),
        WheelSpec("book", "4", requires=["client", "kernel"]),
        *(WheelSpec("kernel", str(number), requires=["client>=2"]) for number in range(2, 40)),
        WheelSpec("kernel", "1", requires=["client"]),
        WheelSpec("client", "1"),
        WheelSpec("client", "2"),
    )
    assert found(box.resolve("lab", "book")) == {
        "book": "8",
        "client": "1",
        "kernel": "1",
        "lab": "1",
    }
