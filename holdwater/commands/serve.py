"""`holdwater serve`."""

from __future__ import annotations

import webbrowser
from pathlib import Path

import click

from holdwater import options
from holdwater.errors import CannotRun


@click.command(
    epilog="""\b
Examples:
  holdwater serve               prints an address with a token; open it in a browser
  holdwater serve --open
  ssh -L 8642:127.0.0.1:8642 auditor@office holdwater serve --port 8642"""
)
@click.argument("folder", required=False, type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Port; default: any that is free.")
@click.option("--open", "opens", is_flag=True, help="Open the address in a browser.")
def serve(folder: Path | None, port: int, opens: bool) -> None:
    """Show all sites, their history and reports as a web page on this machine only.

    FOLDER (default: the audits) holds the bundles and reports. Only this machine can reach the page, and only
    with the token in the address printed; nothing can be changed through it.
    """
    from holdwater.serving import Server, Site
    from holdwater.store import layout

    folder = folder or options.audits_folder()
    store = options.store_folder(folder)
    if not layout.content(store).sites():
        raise CannotRun(f"there is no audit in the store {store}; run `holdwater audit` first")
    try:
        server = Server(Site(store, folder), port)
    except OSError as error:
        raise CannotRun(f"port {port}: {error.strerror or error}; choose another with --port") from error
    click.echo(server.address)
    click.echo("Ctrl-C ends it.", err=True)
    if opens:
        webbrowser.open(server.address)
    with server:
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            click.echo("", err=True)
