"""Scales: asked, answered, added up; and the alerts that answers raise."""
