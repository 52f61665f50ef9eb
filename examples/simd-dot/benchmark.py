"""Time the loop of the installed `simd_dot`: prints what it was built for and its speed.

Run it with the Python of an environment that has `simd-dot`.
"""

import mmap
import time

import simd_dot

COUNT = 2048  # both buffers fit into the smallest first-level cache
REPEAT = 200_000
ROUNDS = 5

# Memory pages are aligned for the widest registers there are.
left = memoryview(mmap.mmap(-1, COUNT * 4)).cast("f")
right = memoryview(mmap.mmap(-1, COUNT * 4)).cast("f")
for index in range(COUNT):
    left[index] = right[index] = 0.5

best = float("inf")
for _ in range(ROUNDS):
    started = time.perf_counter()
    result = simd_dot.dot(left, right, REPEAT)
    best = min(best, time.perf_counter() - started)
if result != COUNT * 0.25:
    raise SystemExit(f"the loop computed {result}, not {COUNT * 0.25}")
print(simd_dot.features(), f"{2 * COUNT * REPEAT / best / 1e9:.1f}")
