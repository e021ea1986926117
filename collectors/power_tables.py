"""Tables about uninterruptible power supplies."""

from __future__ import annotations

from datetime import datetime

from collectors.table import Row, column, table


@table("ups", key=("name",), label=("name", "model"))
class Ups(Row):
    """An uninterruptible power supply as NUT or apcupsd tells it."""

    name: str = column("Name, with its server for NUT: ups@localhost")
    software: str = column("nut or apcupsd")
    status: str = column(
        "Flags in the words of NUT, blank-separated: OL on line, OB on battery, LB low battery, RB replace"
        " battery, OVER overload, BYPASS, CAL, OFF, BOOST, TRIM, COMMLOST, NOBATT; empty: not told",
        default="",
    )
    model: str | None = column("Model", default=None)
    serial: str | None = column("Serial number", default=None)
    charge_percent: float | None = column("Charge of the battery", default=None)
    runtime_seconds: int | None = column("Time it would last at this load, by its own estimate", default=None)
    low_runtime_seconds: int | None = column("Time left at which the shutdown begins", default=None)
    load_percent: float | None = column("Load", default=None)
    battery_date: str | None = column("Date of the battery, in the device's words", default=None)
    battery_at: datetime | None = column("The same as a time", default=None)
    test_result: str | None = column("Result of the last self-test, in the device's words", default=None)
    test_at: datetime | None = column("When that was", default=None)
    input_volts: float | None = column("Voltage at its input", default=None)


@table("ups_setup", key=("name",))
class UpsSetup(Row):
    """Whether this host is set up to be told by a UPS, and to go down in order."""

    name: str = column("Always ups")
    software: str = column("nut, apcupsd, both or none")
    systems: str = column("Supplies that upsmon watches, blank-separated", default="")
    shutdown_command: bool | None = column("upsmon has a command for the shutdown", default=None)


@table("power_unit", key=("name",))
class PowerUnit(Row):
    """A power supply of the machine, or the redundancy of all of them, by the baseboard controller."""

    name: str = column("Name of the supply or of the redundancy, as told")
    state: str | None = column(
        "well, weak (predicts a failure, redundancy degraded) or lost (failed, no input, no redundancy)",
        default=None,
    )
    told_state: str | None = column("The same in the tool's words", default=None)
