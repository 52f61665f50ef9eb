"""The standards as values and pure functions.

This floor does no input or output and imports only `packaging` and the
standard library, so that another installer can vendor it whole.
"""
