"""holdwater: can it be restored, by when, losing how much, and what is the proof?"""

__version__ = "0.1.0"
