"""The extensions of this machine's RISC-V processor.

None of this ran on real hardware: the tests cover the translation of recorded values.
"""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from whichwheel.target.facts import Fact, Facts, Origin
from whichwheel.target.providers.cpuinfo import CPUINFO, common, read_cpuinfo, values_of
from whichwheel.target.providers.processor import LONGEST_MODEL, absent, machine_is
from whichwheel.target.providers.riscv64_isa import extensions_of

__all__ = ["detect", "facts_of_linux"]

# T-Head processors that know a draft of the vector extension, whose code is another. Their
# registers say nothing more than the maker (arch/riscv/kernel/cpufeature.c).
_THEAD = "0x5b7"
_DRAFT_CORES = ("thead,c906", "thead,c910", "thead,c920")


def detect(environ: Mapping[str, str] = os.environ) -> Facts:
    """Find the extensions of this machine's processor out.

    :raises OSError: if the system does not tell
    """
    del environ  # nothing in it bears on a processor
    if not machine_is("riscv64"):
        return absent("riscv64")
    if sys.platform != "linux":
        source = "what distributions need"
        return Facts([Fact("riscv64.isa", "rv64gc", Origin.DEFAULT, source)])
    return facts_of_linux()


def facts_of_linux(root: Path = Path("/")) -> Facts:
    """Read ``/proc/cpuinfo``.

    :param root: the root of the file system
    :raises OSError: if it cannot be read, or shows no 64-bit ISA string
    """
    text = read_cpuinfo(root / CPUINFO.relative_to("/"))
    source = str(CPUINFO)
    strings = values_of(text, "isa")
    extensions = common([list(extensions_of(isa)) for isa in strings])
    if not extensions:
        raise OSError(f"{source} shows no ISA string of a 64-bit processor")
    facts = []
    models = values_of(text, "model name") or values_of(text, "uarch")
    if models:
        model = models[0][:LONGEST_MODEL]
        facts.append(Fact("riscv64.model", model, Origin.DETECTED, source))
    facts.append(Fact("riscv64.isa", strings[0], Origin.DETECTED, source))
    if _has_draft_vectors(text):
        source = f"{source}, without vectors, of which it has a draft"
        extensions = tuple(name for name in extensions if not _needs_vectors(name))
    facts.append(Fact("riscv64.extensions", extensions, Origin.DETECTED, source))
    return Facts(facts)


def _has_draft_vectors(text: str) -> bool:
    versions = values_of(text, "cpu-vector")
    if versions:
        return any(version.startswith("0.") for version in versions)
    numbers = [values_of(text, key) for key in ("mvendorid", "marchid", "mimpid")]
    if all(numbers):
        return numbers == [(_THEAD,), ("0x0",), ("0x0",)]
    return any(core in _DRAFT_CORES for core in values_of(text, "uarch"))


def _needs_vectors(name: str) -> bool:
    return name == "v" or name.startswith("zv")
