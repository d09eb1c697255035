"""The timeline: its values, its geometry, its drawing and its words."""
