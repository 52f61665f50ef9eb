"""Finding the facts of this machine out: in time, once, and kept between runs."""
