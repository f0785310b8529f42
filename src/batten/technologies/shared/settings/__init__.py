"""Files of servers that are keys and values, whatever their syntax: what is told, with defaults, and edits back.

A store's reader is a table of `Settings`'s settings and a table of changes: `settings.py` reads, `forms.py` is one syntax each,
`changes.py` writes, `servers.py` joins them to an adapter, and `offers.py` makes the facts that stores have in common.
"""
