"""`python -m batten`, and what the script of that name calls."""

import sys

from batten import __version__


def run() -> None:
    """Run the command line; the version alone is told without what commands need, which takes five times as long."""
    if sys.argv[1:] == ["--version"]:
        sys.stdout.write(f"batten, version {__version__}\n")
        return
    from batten.cli import main

    main()


if __name__ == "__main__":
    run()
