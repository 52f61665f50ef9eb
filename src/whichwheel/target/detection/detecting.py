"""Detection with a time limit: a broken driver ends in a failure, never in a hang.

Detectors that call into drivers run in a child process, which starts from this very file's
package, reports its facts as JSON and is ended at the time limit.
"""

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from whichwheel.target.detection.child import ChildFailed, run_child
from whichwheel.target.detection.facts_document import facts_document, read_facts
from whichwheel.target.facts import Facts
from whichwheel.target.providers.catalogue import PROVIDERS
from whichwheel.target.providers.governing import DetectionFailed
from whichwheel.target.providers.provider import KnownProvider

__all__ = ["DETECTION_LIMIT", "detect_facts"]

#: Seconds that a detection may take. Drivers that wake a sleeping GPU need a few.
DETECTION_LIMIT = 10.0

_FAILED = 3
_BOOTSTRAP = (
    "import sys; sys.path.insert(0, sys.argv[1]); "
    "from whichwheel.target.detection.detecting import report; report(sys.argv[2])"
)


def detect_facts(
    provider: KnownProvider, *, environ: Mapping[str, str], limit: float = DETECTION_LIMIT
) -> Facts:
    """Find the facts for one provider out.

    :param environ: the environment variables that the detection sees
    :param limit: seconds after which it counts as failed
    :raises DetectionFailed: if it fails, crashes or runs into the limit
    """
    if not provider.isolated:
        try:
            return provider.detect(environ)
        except (OSError, ValueError) as error:
            raise DetectionFailed(provider.name, _sentence(error)) from None
    package = Path(__file__).resolve().parents[3]
    command = [sys.executable, "-I", "-c", _BOOTSTRAP, str(package), provider.name]
    try:
        output = run_child(command, limit=limit, environ=environ)
        return read_facts(json.loads(output))
    except ChildFailed as error:
        raise DetectionFailed(provider.name, error.why) from None
    except (ValueError, TypeError):
        raise DetectionFailed(provider.name, "its answer is not understood") from None


def report(name: str) -> None:
    """Detect in this process and write the facts to standard output: the child's side.

    :param name: the provider's name
    """
    # Drivers write to standard output as they like; ours is kept out of their reach.
    own = os.dup(1)
    os.dup2(2, 1)
    try:
        facts = PROVIDERS[name].detect(os.environ)
    except (OSError, ValueError) as error:
        sys.stderr.write(_sentence(error))
        sys.exit(_FAILED)
    os.write(own, json.dumps(facts_document(facts)).encode())
    # What a driver registered to run at the end is its own affair, and may hang too.
    os._exit(0)


def _sentence(error: Exception) -> str:
    return str(error) or type(error).__name__
