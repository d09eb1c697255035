"""How an officer's list stays quick however long the log is: pages by key, and how many by count or estimate."""
