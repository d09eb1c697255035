"""The media process: its rooms, what it hears, what it has to say."""
