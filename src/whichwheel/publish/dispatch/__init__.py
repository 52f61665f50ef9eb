"""Source distributions that pick and fetch the wheel that fits: the dispatch package."""
