import sys

from setuptools import Extension, setup
from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.command.build_ext import build_ext


class BuildLibrary(build_ext):
    """Builds a library that knows nothing of Python, and so needs none of its headers."""

    def get_ext_filename(self, fullname: str) -> str:
        suffix = ".dll" if sys.platform == "win32" else ".so"
        return fullname.replace(".", "/") + suffix

    def get_export_symbols(self, ext: Extension) -> list[str]:
        return ext.export_symbols


class BuildWheel(bdist_wheel):
    """Makes one wheel for all versions of Python."""

    def get_tag(self) -> tuple[str, str, str]:
        return "py3", "none", super().get_tag()[2]


setup(
    ext_modules=[
        Extension(
            "simd_dot._dot",
            ["src/dot.c"],
            extra_compile_args=["/O2"] if sys.platform == "win32" else ["-O3"],
        ),
    ],
    cmdclass={"build_ext": BuildLibrary, "bdist_wheel": BuildWheel},
)
