"""Data about existing files that says which of them are which variants of what."""
