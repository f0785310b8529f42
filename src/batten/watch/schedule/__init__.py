"""When environments are assessed, and by whom: leases in one process, or workers on several machines."""
