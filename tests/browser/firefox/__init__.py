"""A real Firefox, driven by WebDriver BiDi: `process` starts it, `wire` speaks to it, `page` is one of its windows."""
