"""Who asked, and for which host: what peers say of a client, and which of them are believed."""
