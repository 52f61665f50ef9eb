"""Requirements: what people write down that they want, in files and on command lines."""
