"""What publishers need: relabel, build, index."""
