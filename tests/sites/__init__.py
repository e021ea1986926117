"""Whole sites in small: what their machines, repositories and hypervisors answer, and what must come out."""
