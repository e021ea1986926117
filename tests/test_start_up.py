"""What a command does not need, it does not import."""

import subprocess
import sys

import pytest

HEAVY = (
    "pandas",
    "numpy",
    "matplotlib",
    "duckdb",
    "pyarrow",
    "prompt_toolkit",
    "pyVmomi",
    "proxmoxer",
    "pySMART",
    "asyncssh",
    "rich",
    "jinja2",
)
LIGHT = (["--help"], ["--version"], ["show", "--help"], ["audit", "--help"], ["tables"], ["rules"], ["plan"])
ASKING = (
    ["query", "--help"],
    ["query", "--list"],
    ["find", "--help"],
    ["serve", "--help"],
    ["store", "--help"],
)


@pytest.mark.parametrize("arguments", [*LIGHT, *ASKING], ids=" ".join)
def test_no_heavy_import(arguments: list[str]) -> None:
    script = (
        "import sys\n"
        "from holdwater.cli import main\n"
        f"try: main({arguments!r})\n"
        "except SystemExit: pass\n"
        f"print([m for m in {HEAVY!r} if m in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"


def test_help_loads_no_command() -> None:
    script = (
        "import sys\n"
        "from holdwater.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "ours = ('collectors', 'analyzer', 'reports', 'holdwater.commands')\n"
        "print([m for m in sys.modules if m.startswith(ours)], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"
