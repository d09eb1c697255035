"""From a request to a unit of work and back: endpoints, forms, limits, headers, refusals."""
