"""What process managers of applications are told, on command lines and in calls: uvicorn, Gunicorn, Hypercorn."""
