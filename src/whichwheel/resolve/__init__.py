"""Many packages into one consistent set."""
