"""Tells people and programs what was found. Decides neither a severity nor a verdict."""
