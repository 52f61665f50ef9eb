"""Sphinx configuration."""

from whichwheel import __version__

project = "whichwheel"
author = "The whichwheel authors"
project_copyright = "2026, the whichwheel authors"
release = version = __version__
extensions = ["sphinx.ext.autodoc", "sphinx.ext.viewcode"]
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = f"whichwheel {__version__}"
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
nitpicky = False
