"""A dot product of two arrays of 32-bit floats."""

from simd_dot._dot import dot, features

__all__ = ["dot", "features"]
