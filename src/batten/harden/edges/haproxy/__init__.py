"""HAProxy 3.0 and newer: the first that keeps a certificate and its key in two files, and logs JSON."""
