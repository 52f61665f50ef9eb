"""Run every benchmark and print one table."""

import axes
import detection
import explain
import fetching
import install
import lock
import proxy
import resolve
import run_overhead
import selection
import startup
from measuring import print_table

if __name__ == "__main__":
    print_table(
        [
            *selection.rows(),
            *startup.rows(),
            *explain.rows(),
            *detection.rows(),
            *axes.rows(),
            *resolve.rows(),
            *lock.rows(),
            *run_overhead.rows(),
            *proxy.rows(),
            *install.rows(),
            *fetching.rows(),
        ]
    )
