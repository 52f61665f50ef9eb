"""How servers are spoken to: in time, again where that helps, and to each as its own user."""
