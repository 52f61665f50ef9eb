"""What tests share: real wheels, a real server, real environments."""
