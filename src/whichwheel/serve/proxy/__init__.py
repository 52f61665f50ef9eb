"""Proxy: an index on which clients that know no variants find what fits their machine."""
