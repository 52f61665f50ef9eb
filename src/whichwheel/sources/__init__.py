"""Where wheels come from: indexes, directories and single files."""
