"""Trigger functions of step 0001: what may change in the rows of the record that are changed in place.

Never edited once released: a later step brings a function of its own.
"""

# The modality of a visit decides what law applies to it, so it may be corrected only before the visit has
# begun, and the visit's way through its states is walked forward only: setting it back to 'scheduled' to
# change the modality of a visit that was held is refused here, not only in code.
GUARD_VISIT = """
CREATE FUNCTION guard_visit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.id, NEW.patient_id, NEW.room, NEW.booked_at, NEW.booked_by)
       IS DISTINCT FROM (OLD.id, OLD.patient_id, OLD.room, OLD.booked_at, OLD.booked_by) THEN
        RAISE EXCEPTION 'whom a visit is for and its room never change' USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.status <> 'scheduled' AND (NEW.modality, NEW.prescriber_id, NEW.scheduled_start)
       IS DISTINCT FROM (OLD.modality, OLD.prescriber_id, OLD.scheduled_start) THEN
        RAISE EXCEPTION 'modality, prescriber and time of a visit are fixed once the patient has arrived'
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.admitted_at IS NOT NULL AND NEW.admitted_at IS DISTINCT FROM OLD.admitted_at
       OR OLD.ended_at IS NOT NULL AND NEW.ended_at IS DISTINCT FROM OLD.ended_at THEN
        RAISE EXCEPTION 'when a visit began and ended is written once' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.status <> OLD.status AND (OLD.status, NEW.status) NOT IN (
        ('scheduled', 'waiting'), ('scheduled', 'cancelled'), ('scheduled', 'missed'),
        ('waiting', 'scheduled'), ('waiting', 'in_progress'), ('waiting', 'cancelled'), ('waiting', 'missed'),
        ('in_progress', 'ended')
    ) THEN
        RAISE EXCEPTION 'a visit does not go from % to %', OLD.status, NEW.status
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$
"""

GUARD_DRAFT = """
CREATE FUNCTION guard_note_draft() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Signing locks the draft's row, so a save in flight waits for it and then finds the seal.
    IF EXISTS (SELECT 1 FROM note_seal WHERE note_id = NEW.note_id) THEN
        RAISE EXCEPTION 'a signed note is sealed: write an addendum' USING ERRCODE = 'restrict_violation';
    END IF;
    IF TG_OP = 'UPDATE' AND (NEW.note_id <> OLD.note_id OR NEW.version <> OLD.version + 1) THEN
        RAISE EXCEPTION 'a draft goes on by one version at a time' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$
"""

# What a tie or an invitation says stays; it may only be brought to an end, once.
GUARD_ENDING = """
CREATE FUNCTION guard_ending() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF to_jsonb(NEW) - TG_ARGV[0] <> to_jsonb(OLD) - TG_ARGV[0] OR to_jsonb(OLD) ->> TG_ARGV[0] IS NOT NULL THEN
        RAISE EXCEPTION 'a row of % may only be ended, once', TG_TABLE_NAME
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$
"""
