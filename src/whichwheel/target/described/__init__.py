"""Targets that are written down: files, names, configuration and shipped profiles."""
