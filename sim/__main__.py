"""The installed command, and `python -m sim`. Ctrl-C is answered from here on, before the rest is loaded."""

import sys


def main() -> None:
    """Load the command and carry it out."""
    try:
        from sim.cli import main as command

        command()
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
