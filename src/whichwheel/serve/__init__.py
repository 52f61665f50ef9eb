"""Serve: what fits a machine, for tools that know nothing of variants."""
