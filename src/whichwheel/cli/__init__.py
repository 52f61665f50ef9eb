"""The command line: reading options and printing. No logic."""
