"""What has changed: pure functions from an assessment and what was known to lives, intervals and events."""
