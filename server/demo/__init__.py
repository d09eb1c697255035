"""The demo: an invented clinic on this computer, served by the same code as a real one."""
