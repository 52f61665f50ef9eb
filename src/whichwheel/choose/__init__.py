"""One release judged for one target."""
