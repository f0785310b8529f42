"""Path, query, header and cookie parameters of a request, held against the contract."""
