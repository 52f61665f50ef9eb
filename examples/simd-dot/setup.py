import sys
import sysconfig

from setuptools import Extension, setup

# The stable ABI gives one wheel for all versions of Python from 3.11 on.
stable = sys.implementation.name == "cpython" and not sysconfig.get_config_var("Py_GIL_DISABLED")

setup(
    ext_modules=[
        Extension(
            "simd_dot._dot",
            ["src/simd_dot/_dot.c"],
            extra_compile_args=["/O2"] if sys.platform == "win32" else ["-O3"],
            define_macros=[("Py_LIMITED_API", "0x030B0000")] if stable else [],
            py_limited_api=stable,
        ),
    ],
    options={"bdist_wheel": {"py_limited_api": "cp311"}} if stable else {},
)
