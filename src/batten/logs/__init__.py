"""Access logs: the calls that they show, folded into templates and held against the contract.

`formats.py` names the formats, `written.py` compiles those that a server's configuration defines, `blocks.py` reads files block by
block, `lines.py` finds their format, `objects.py` and `columns.py` take JSON, `tally.py` counts, `folding.py` makes templates of paths, `crowds.py` tells scanners from users, `digest.py` says what follows.
"""
