"""Serve: a package index over HTTP that shows each client only what fits its machine."""
