"""Whole sites in small:

what machines, repositories and hypervisors answer, and the verdicts that must come out.
"""
