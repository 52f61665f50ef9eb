"""Settings that all tests share."""

import os
import signal

from hypothesis import HealthCheck, settings

# The machines that run these tests are shared and uneven: no example is too slow for itself.
settings.register_profile(
    "default", deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=60
)
# The same cases on every run, and more of them.
settings.register_profile(
    "ci", parent=settings.get_profile("default"), derandomize=True, max_examples=200
)
settings.load_profile("ci" if os.environ.get("CI") else "default")

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # So it is for what a script starts in the background, and programs inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
