"""NestJS: how a program is set up, the routes of its controllers, and what they require of callers."""
