"""What a request or a job works with: the unit of work, who acts, and what each fact becomes in the log."""
