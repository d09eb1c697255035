"""One frozen dataclass per template: everything that template may use, already fit to be shown."""
