"""Pick, build, publish and install the wheel variant that fits the machine."""

from whichwheel._version import __version__

__all__ = ["__version__"]
