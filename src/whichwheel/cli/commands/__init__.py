"""The commands, one file each: what they are given, and what they do with it in what order."""
