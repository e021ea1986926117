"""Judges facts: derived tables, rules, the graph of what rests on what, scores. Asks and renders nothing."""
