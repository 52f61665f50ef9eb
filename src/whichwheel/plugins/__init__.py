"""Providers that are not built in: plugin packages and executables that the user trusted."""
