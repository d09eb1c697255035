"""What a row of the log may hold at most, from step 0010 on: rows that anybody may insert and others must read.

Without them one row of the web's login could hold more than a worker's or an officer's memory, or a time that no page
can show. Rows from before are not looked at (NOT VALID). Never edited once released.
"""

WORD_LIMIT = 120
BYTES_LIMIT = 262_144
_WORDS = ("action", "actor_role", "rule", "subject_type", "subject_id")
_LISTS = ("ingredients", "reasons", "citations", "obligations", "ways_forward", "evidence")
_TEXTS = ("product", "rule", "pack_id", "pack_version", "pack_sha256", "reference_sha256")


def _in_time(column: str) -> str:
    return f"{column} >= '1900-01-01 00:00+00' AND {column} < '2200-01-01 00:00+00'"


LIMITS = {
    ("audit_entry", "words"): f"greatest({', '.join(f'char_length({name})' for name in _WORDS)}) <= {WORD_LIMIT}",
    ("audit_entry", "occurred_at"): _in_time("occurred_at"),
    ("audit_content", "object"): "jsonb_typeof(content) = 'object'",
    ("audit_content", "size"): f"octet_length(content::text) <= {BYTES_LIMIT}",
    ("audit_text", "size"): f"octet_length(content) <= {BYTES_LIMIT} AND char_length(name) <= {WORD_LIMIT}",
    ("decision", "lists"): " AND ".join(f"jsonb_typeof({name}) = 'array'" for name in _LISTS)
    + """ AND NOT jsonb_path_exists(ingredients, 'strict $[*] ? (@.type() != "string")')""",
    ("decision", "size"): "octet_length("
    + " || ".join((*_TEXTS, "coalesce(patient_state, '')", *(f"{name}::text" for name in _LISTS)))
    + f") <= {BYTES_LIMIT}",
    ("decision", "times"): f"{_in_time('decided_at')} AND {_in_time('valid_until')}",
}


def statements() -> tuple[str, ...]:
    """One statement for each limit."""
    return tuple(
        f"ALTER TABLE {table} ADD CONSTRAINT ck_{table}_{name} CHECK ({condition}) NOT VALID"
        for (table, name), condition in LIMITS.items()
    )
