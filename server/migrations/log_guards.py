"""Functions of step 0008: what the database stamps on an entry, and the one way in which its content is erased.

Never edited once released: a later step brings a function of its own.
"""

# Order and time of writing come from the database, whatever the writer says. The epoch tells the transaction numbers of
# one cluster from those of another that the log was restored into.
STAMP = """
CREATE FUNCTION stamp_entry_of_epoch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.epoch := (SELECT max(e.number) FROM public.log_epoch e);
    NEW.transaction_id := pg_current_xact_id()::text::bigint;
    NEW.recorded_at := clock_timestamp();
    RETURN NEW;
END
$$
"""

# Content is erased only beside an entry that says so, written in the same transaction; its owner alone may try.
GUARD_CONTENT = """
CREATE FUNCTION guard_erasure() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND EXISTS (
        SELECT FROM public.audit_entry purge, public.audit_entry about
        WHERE about.id = OLD.entry_id AND purge.action = 'content.purge' AND purge.patient_id = about.patient_id
          AND purge.epoch = (SELECT max(e.number) FROM public.log_epoch e)
          AND purge.transaction_id = pg_current_xact_id()::text::bigint
    ) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'rows of % are written once, and erased only by titrate audit purge: % is refused',
        TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END
$$
"""
