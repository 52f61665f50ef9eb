"""The selector file of May 2024: ``*-wheel-selector.toml`` beside wheels with suffixes."""
