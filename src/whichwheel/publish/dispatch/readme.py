"""What a dispatch package says of itself to whoever unpacks it."""

from whichwheel.publish.dispatch.document import DISPATCH_JSON, DispatchDocument
from whichwheel.publish.dispatch.sdist import BACKEND_FOLDER

__all__ = ["readme"]


def readme(document: DispatchDocument) -> str:
    """Return the text of ``README.md``."""
    labels = sorted({wheel.name.label for wheel in document.wheels if wheel.name.label})
    listed = ", ".join(f"`{label}`" for label in labels)
    return f"""\
# {document.name} {document.version}: a dispatch package

This source distribution holds no source. It picks, of the wheels that were built for
{document.name} {document.version}, the one that fits the machine it is installed on:

- `{DISPATCH_JSON}` lists {len(document.wheels)} wheels, each with its address, size and SHA-256
  hash, and says what the variants {listed} are for;
- `{BACKEND_FOLDER}` is the build backend: it looks at the machine, chooses, fetches the wheel,
  checks its hash, and hands it over. It needs nothing else, and runs nothing that it fetches.

`pip install -v` shows what is chosen and why. `--config-settings variant=LABEL` picks a variant by
hand. What else can be said, and what is done without a network, is in the reference of whichwheel,
which made this file.
"""
