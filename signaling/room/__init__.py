"""Who is in a call, and what each message does. Pure."""
