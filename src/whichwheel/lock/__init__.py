"""``pylock.toml``, out and in: one file for many machines, from which each chooses."""
