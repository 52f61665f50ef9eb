"""The words for what sources are to do, which options and configuration files share."""

__all__ = ["INDEX_STRATEGIES", "KEYRING_PROVIDERS"]

#: Which of several indexes that have a project counts: the first, or all; the default first.
INDEX_STRATEGIES = ("first-index", "best-match")
#: Whether the command for passwords is asked, as pip and uv say it; the default first.
KEYRING_PROVIDERS = ("disabled", "subprocess")
