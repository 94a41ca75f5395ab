"""`flask --app app seed`: the demo town, or big data."""

from __future__ import annotations

import click

from foundation import audit
from foundation.db import write

from . import crowd, practice_time, town


@click.command("seed")
@click.option("--demo-if-empty", is_flag=True, help="The demo town, if nobody is here yet.")
@click.option("--offices", type=click.IntRange(1, 2000), help="Big data: how many offices.")
@click.option("--counselors", type=click.IntRange(1, 20000), default=1, help="Counselors in all.")
@click.option("--bookings", type=click.IntRange(0, 1_000_000), default=0, help="Booked times in all.")
def seed(demo_if_empty: bool, offices: int | None, counselors: int, bookings: int) -> None:
    """Fill the database with invented people."""
    if demo_if_empty and town.empty():
        made = town.build()
        with audit.acting_as("command"):
            practice = made.practice.id
            write(lambda: practice_time.begin(practice))
        click.echo("The demo town is built.")
    if offices:
        with audit.acting_as("command"):
            made_services = crowd.build(offices, counselors, bookings)
        click.echo(f"{offices} offices, {counselors} counselors, {bookings} bookings; services {made_services}")
