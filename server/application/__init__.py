"""What a request or a job works with: the unit of work, who acts, and what each domain event becomes in the log."""
