"""`holdwater completion`."""

from __future__ import annotations

import click


@click.command(epilog="\b\nExample:\n  holdwater completion bash >> ~/.bashrc")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the shell completion script."""
    from click.shell_completion import get_completion_class

    from holdwater.cli import cli

    made = get_completion_class(shell)
    assert made is not None
    click.echo(made(cli, {}, "holdwater", "_HOLDWATER_COMPLETE").source())
