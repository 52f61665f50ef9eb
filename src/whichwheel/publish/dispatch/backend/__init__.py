"""The build backend inside a dispatch package; every module here is copied into it."""
