"""Functions and triggers of step 0006: whose clock holds, what makes a check-in void, who may stand at the front desk.

Tables are named with their schema, so that no table of the session stands in for one.
Never edited once released: a later step brings a function of its own.
"""

# The database's clock. In a database that is marked as a demo (only its owner's login can) a past is told through the
# use cases, so there the time that is told counts, for the past and for today alike.
TOLD_NOW = """
CREATE FUNCTION told_now(told timestamptz) RETURNS timestamptz LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN EXISTS (SELECT FROM public.demo_mark) THEN told ELSE clock_timestamp() END
$$
"""

# What others have committed must be seen. A transaction of another isolation level goes on seeing what stood when it
# began: a check-in from before somebody joined a call, a grant from before the other one.
SEES_ALL = """
CREATE FUNCTION require_fresh_view() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'this is written only where what others committed is seen: read committed'
            USING ERRCODE = 'restrict_violation';
    END IF;
END
$$
"""

# Joining a call holds a person alone; signing by a check-in of theirs holds them together with others who sign. So one
# comes after the other, and the times that are recorded tell which.
HOLD_PRESENCE = """
CREATE FUNCTION hold_presence(person uuid, alone boolean) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    held bigint := hashtextextended('presence:' || person, 0);
BEGIN
    IF alone THEN
        PERFORM pg_advisory_xact_lock(held);
    ELSE
        PERFORM pg_advisory_xact_lock_shared(held);
    END IF;
END
$$
"""

# Why a check-in does not hold at a moment; NULL: it holds. The code and the triggers both ask here.
CHECK_IN_TROUBLE = """
CREATE FUNCTION check_in_trouble(asked uuid, at timestamptz) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT CASE
        WHEN NOT EXISTS (SELECT FROM public.check_in_confirmation f WHERE f.check_in_id = c.id) THEN 'unconfirmed'
        WHEN at > c.valid_until THEN 'expired'
        WHEN EXISTS (
            SELECT FROM public.call_join j
            WHERE j.person_id IN (c.patient_id, c.prescriber_id) AND j.recorded_at >= c.recorded_at
        ) THEN 'joined_call'
        WHEN EXISTS (
            SELECT FROM public.attendance a
            WHERE a.visit_id = c.visit_id AND a.recorded_at >= c.recorded_at
              AND (a.replaces IS NOT NULL OR a.prescriber_id <> c.prescriber_id)
        ) THEN 'taken_over'
    END
    FROM public.check_in c WHERE c.id = asked
$$
"""

ATTENDED = """
CREATE FUNCTION attendance_recorded() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM require_fresh_view();
    -- Whoever signs in the visit holds its row: one comes after the other.
    PERFORM FROM public.visit v WHERE v.id = NEW.visit_id AND v.status = 'in_progress' FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'only a visit in progress is attended' USING ERRCODE = 'restrict_violation';
    END IF;
    NEW.recorded_at := told_now(NEW.began_at);
    IF NOT EXISTS (SELECT FROM public.role_grant g WHERE g.person_id = NEW.prescriber_id AND g.role = 'prescriber'
                   AND g.revoked_at IS NULL) THEN
        RAISE EXCEPTION 'only a prescriber attends a visit' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$
"""

CHECKED_IN = """
CREATE FUNCTION check_in_recorded() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM require_fresh_view();
    NEW.recorded_at := told_now(NEW.stated_at);
    SELECT v.scheduled_start + make_interval(mins => v.scheduled_minutes) + interval '60 minutes'
    INTO NEW.valid_until FROM public.visit v
    WHERE v.id = NEW.visit_id AND v.status IN ('scheduled', 'waiting', 'in_progress');
    IF NOT FOUND THEN
        RAISE EXCEPTION 'nobody is checked in for a visit that is over' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.valid_until < NEW.recorded_at THEN
        RAISE EXCEPTION 'the time of this visit has passed' USING ERRCODE = 'restrict_violation';
    END IF;
    -- Otherwise a visit booked for next year would be good from today on. As for arriving (emr/visits/model.py).
    IF EXISTS (SELECT FROM public.visit v WHERE v.id = NEW.visit_id
               AND NEW.recorded_at < v.scheduled_start - interval '15 minutes') THEN
        RAISE EXCEPTION 'check-in opens 15 minutes before the visit' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NOT EXISTS (SELECT FROM public.role_grant g WHERE g.person_id = NEW.stated_by AND g.role = 'front_desk'
                   AND g.revoked_at IS NULL) THEN
        RAISE EXCEPTION 'only the front desk checks a patient in' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NOT EXISTS (SELECT FROM public.site s WHERE s.id = NEW.site_id AND s.closed_at IS NULL) THEN
        RAISE EXCEPTION 'this site is closed' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$
"""

CONFIRMED = """
CREATE FUNCTION check_in_confirmed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM require_fresh_view();
    NEW.recorded_at := told_now(NEW.confirmed_at);
    IF NEW.recorded_at > (SELECT c.valid_until FROM public.check_in c WHERE c.id = NEW.check_in_id) THEN
        RAISE EXCEPTION 'this check-in has run out' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$
"""

JOINED = """
CREATE FUNCTION call_join_recorded() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM hold_presence(NEW.person_id, true);
    NEW.recorded_at := told_now(NEW.joined_at);
    IF EXISTS (SELECT FROM public.visit v WHERE v.id = NEW.visit_id AND v.modality = 'in_person') THEN
        RAISE EXCEPTION 'a visit in person has no call' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$
"""

# The second person must be another than those who prescribe, supervise or give roles. The person's row is held, so
# that two grants at once see one another.
APART = """
CREATE FUNCTION front_desk_apart() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.revoked_at IS NOT NULL OR NEW.role NOT IN ('front_desk', 'prescriber', 'supervisor', 'administrator') THEN
        RETURN NEW;
    END IF;
    PERFORM require_fresh_view();
    PERFORM pg_advisory_xact_lock(hashtextextended('roles:' || NEW.person_id, 0));
    IF EXISTS (
        SELECT FROM public.role_grant g
        WHERE g.person_id = NEW.person_id AND g.id <> NEW.id AND g.revoked_at IS NULL
          AND (g.role = 'front_desk') <> (NEW.role = 'front_desk')
          AND g.role IN ('front_desk', 'prescriber', 'supervisor', 'administrator')
    ) THEN
        RAISE EXCEPTION 'nobody holds front desk beside prescriber, supervisor or administrator'
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'front_desk_apart';
    END IF;
    RETURN NEW;
END
$$
"""

# As `guard_visit` of step 0001; besides, what was fixed by arriving stays so after leaving the waiting room again.
GUARD_VISIT = """
CREATE FUNCTION guard_visit_arrived() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.modality, NEW.prescriber_id, NEW.scheduled_start, NEW.scheduled_minutes, NEW.site_id)
       IS DISTINCT FROM (OLD.modality, OLD.prescriber_id, OLD.scheduled_start, OLD.scheduled_minutes, OLD.site_id)
       AND (OLD.status <> 'scheduled'
            OR EXISTS (SELECT FROM public.visit_event e WHERE e.visit_id = OLD.id AND e.what = 'arrived')
            OR EXISTS (SELECT FROM public.check_in c WHERE c.visit_id = OLD.id)) THEN
        RAISE EXCEPTION 'modality, prescriber, time and site are fixed once the patient has arrived: book a new visit'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$
"""

FUNCTIONS = (
    TOLD_NOW,
    SEES_ALL,
    HOLD_PRESENCE,
    CHECK_IN_TROUBLE,
    ATTENDED,
    CHECKED_IN,
    CONFIRMED,
    JOINED,
    APART,
    GUARD_VISIT,
)

TRIGGERS = (
    ("attendance", "attendance_recorded", "INSERT", "attendance_recorded()"),
    ("check_in", "check_in_recorded", "INSERT", "check_in_recorded()"),
    ("check_in_confirmation", "check_in_confirmed", "INSERT", "check_in_confirmed()"),
    ("call_join", "call_join_recorded", "INSERT", "call_join_recorded()"),
    ("role_grant", "front_desk_apart", "INSERT OR UPDATE", "front_desk_apart()"),
    ("role_grant", "role_grant_guard", "UPDATE", "guard_ending('revoked_at')"),
    ("visit", "visit_arrived_guard", "UPDATE", "guard_visit_arrived()"),
    ("site", "site_guard", "UPDATE", "guard_ending('closed_at')"),
)
