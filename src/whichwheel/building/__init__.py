"""Building: from sources to wheels, through a project's own build backend (PEP 517)."""
