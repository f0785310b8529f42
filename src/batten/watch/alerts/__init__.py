"""Events to messages: grouped by cause, kept in an outbox, sent by one module a channel."""
