"""Choices, plans and environments as text for people and JSON for programs."""
