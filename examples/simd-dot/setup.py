import sys

from setuptools import Extension, setup

options = ["/O2"] if sys.platform == "win32" else ["-O3"]
setup(
    ext_modules=[
        Extension("simd_dot._dot", ["src/simd_dot/_dot.c"], extra_compile_args=options),
    ]
)
