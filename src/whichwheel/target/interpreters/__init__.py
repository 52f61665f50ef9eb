"""Python interpreters, and what each says of itself."""
