"""``titrate demo``."""

from pathlib import Path

import click


@click.command()
@click.option("--host", default="localhost", show_default=True, help="Address to listen on (loopback only).")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help="TCP and UDP port.")
@click.option("--data", default=".titrate", show_default=True, type=click.Path(path_type=Path), help="Data folder.")
@click.option("--fresh", is_flag=True, help="Erase the data folder and start over.")
def demo(host: str, port: int, data: Path, fresh: bool) -> None:
    """Serve a living clinic on this computer: invented people, real engines, real calls.

    Sign in as a patient in one window and as the prescriber in another, and hold a visit. Ctrl-C ends it; the next
    start keeps what happened.
    """
    from server.demo.run import run_demo

    run_demo(host=host, port=port, data=data, fresh=fresh)
