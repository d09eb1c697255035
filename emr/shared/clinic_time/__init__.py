"""Days and times as people live and read them: which day an instant belongs to, its words, and what somebody typed.

The only place that turns an instant into a day or a text (`tests/contracts/test_clinic_time.py`). Pure; knows neither
patients, law, calls nor pages, so that all of them may use it. What machines read stays ISO 8601 in UTC.
"""
