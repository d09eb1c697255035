"""The long-running processes: web, media, worker; what they hold, and how they are started and stopped."""
