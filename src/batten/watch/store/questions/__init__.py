"""What pages and programs ask: each question once, as a function from a connection and a caller to frozen records.

Every function takes `db: Connection` first and `caller: Caller` second, and says nothing of an environment that the caller does not
see: no row, no count, no name. `tests/watch/store/questions/test_tenancy.py` holds every public function of this room to it.
"""
