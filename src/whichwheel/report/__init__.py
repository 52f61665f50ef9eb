"""Choices, plans and checks as text and JSON."""
