"""What is installed, and how it changes."""
