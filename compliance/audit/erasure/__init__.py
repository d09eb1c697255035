"""Erasing the content of one patient's entries: by the owner alone, said in the log, with every proof left standing."""
