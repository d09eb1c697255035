"""What a compliance officer reads from the log. Ids only; the server joins the names."""
