"""Running: a command of another installer, with a proxy of its own."""
