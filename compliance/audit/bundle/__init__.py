"""An exported log as lines of JSON, and its verification without any database. Pure; the format is `docs/log.md`."""

from compliance.audit.bundle.reader import verify_bundle
from compliance.audit.bundle.verdict import Verdict

__all__ = ["Verdict", "verify_bundle"]
