"""What is wrong with an environment: one kind of finding in each module."""
