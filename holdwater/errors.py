"""The errors a person meets: one line that says what to do, exit status 2.

::

    click.ClickException
    └── CannotRun
"""

from __future__ import annotations

import click


class CannotRun(click.ClickException):
    """The command could not do its work."""

    exit_code = 2
