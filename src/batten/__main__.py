"""`python -m batten`, and what the script of that name calls."""

import gc
import os
import sys

from batten import __version__


def run() -> None:
    """Run the command line; the version alone is told without what commands need, which takes five times as long."""
    if sys.argv[1:] == ["--version"]:
        try:
            sys.stdout.write(f"batten, version {__version__}\n")
            sys.stdout.flush()
        except OSError as error:
            from batten.cli import unwritten

            unwritten(error)
        return
    # `python -m` puts the current folder first where modules are looked for; it may be the checkout under review.
    # What Python needs to start, and a folder there that is called batten, were found before: only `-I` or `-P` keeps
    # these out.
    try:
        here = os.getcwd()
    except OSError:  # it is gone
        here = ""
    if not sys.flags.safe_path and sys.path[:1] in ([""], [here]):
        del sys.path[0]
    # A run allocates many small objects and frees them at its end, and so do its imports: collect seldom.
    gc.set_threshold(300_000, 50, 50)
    from batten.cli import main

    main()


if __name__ == "__main__":
    run()
