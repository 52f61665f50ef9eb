"""Caches: what was kept of earlier runs, looked at, checked and thrown away."""
