"""`python -m batten`, and what the script of that name calls."""

import gc
import sys

from batten import __version__


def _version() -> None:
    try:
        sys.stdout.write(f"batten, version {__version__}\n")
        sys.stdout.flush()
    except OSError as error:
        from batten.cli import unwritten

        unwritten(error)


def run() -> None:
    """Run the command line; the version alone is told without what commands need, which takes five times as long."""
    if sys.argv[1:] == ["--version"]:
        _version()
        return
    # A run allocates many small objects and frees them at its end, and so do its imports: collect seldom.
    gc.set_threshold(300_000, 50, 50)
    from batten.cli import main

    main()


if __name__ == "__main__":
    run()
