"""One machine to choose for: this one, or one that a file describes."""
