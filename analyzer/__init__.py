"""Judges facts: derived tables, rules, the graph of what rests on what, scores and verdicts. Asks and renders nothing."""
