"""Functions and triggers of step 0007: what an allowing decision and its prescription must rest on, looked at by the
database at the moment of writing.

Never edited once released: a later step brings a function of its own.
"""

STRICTNESS = """
CREATE FUNCTION schedule_strictness(schedule text) RETURNS integer LANGUAGE sql IMMUTABLE AS $$
    SELECT array_position(ARRAY['none', 'V', 'IV', 'III', 'II', 'I'], schedule)
$$
"""

# Who treats in the visit at this moment; the visit's row is held, so that nobody ends it or takes it over meanwhile.
ATTENDS_NOW = """
CREATE FUNCTION attends_now(asked uuid, visit uuid) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM public.visit v WHERE v.id = visit AND v.status = 'in_progress' FOR SHARE;
    RETURN FOUND AND NOT EXISTS (SELECT FROM public.attendance a WHERE a.replaces = asked);
END
$$
"""

# The row of the release that a product falls under on a day. Who asks names the day by UTC, whatever the session's.
REFERENCE_ON = """
CREATE FUNCTION reference_on(asked text, day date) RETURNS public.reference_product LANGUAGE sql STABLE AS $$
    SELECT r.* FROM public.reference_product r
    WHERE r.product = asked AND r.effective_from <= day
    ORDER BY r.effective_from DESC LIMIT 1
$$
"""

DECIDED = """
CREATE FUNCTION decision_grounded() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    known public.reference_product;
    named text;
    trouble text;
BEGIN
    IF NEW.outcome <> 'allow' OR NEW.action NOT IN ('new', 'renew', 'increase', 'decrease', 'continue') THEN
        RETURN NEW;
    END IF;
    PERFORM require_fresh_view();
    known := reference_on(NEW.product, (told_now(NEW.decided_at) AT TIME ZONE 'UTC')::date);
    IF known.product IS NULL THEN
        RAISE EXCEPTION 'this product is not one of the release' USING ERRCODE = 'check_violation';
    END IF;
    SELECT string_agg(one, ' + ' ORDER BY place) INTO named
    FROM jsonb_array_elements_text(NEW.ingredients) WITH ORDINALITY AS listed (one, place);
    IF named IS DISTINCT FROM known.ingredients THEN
        RAISE EXCEPTION 'these are not the ingredients of the product' USING ERRCODE = 'check_violation';
    END IF;
    IF schedule_strictness(NEW.schedule) < schedule_strictness(known.schedule) THEN
        RAISE EXCEPTION 'the product is scheduled more strictly than the decision says'
            USING ERRCODE = 'check_violation';
    END IF;
    IF NOT attends_now(NEW.attendance_id, NEW.encounter_id) THEN
        RAISE EXCEPTION 'the prescriber does not attend this visit now' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.schedule <> 'none' THEN
        PERFORM hold_presence(NEW.patient_id, false), hold_presence(NEW.prescriber_id, false);
        trouble := check_in_trouble(NEW.check_in_id, told_now(NEW.decided_at));
        IF trouble IS NOT NULL THEN
            RAISE EXCEPTION 'the check-in does not hold: %', trouble USING ERRCODE = 'check_violation';
        END IF;
    END IF;
    RETURN NEW;
END
$$
"""

# Order, prescription and decision name the same product by foreign keys; here, that the order's own name and
# ingredients are that product's.
PRESCRIBED = """
CREATE FUNCTION prescription_grounded() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    known public.reference_product;
    trouble text;
BEGIN
    PERFORM require_fresh_view();
    known := reference_on(NEW.product, (told_now(NEW.written_at) AT TIME ZONE 'UTC')::date);
    IF NOT EXISTS (
        SELECT FROM public.medication_order o
        WHERE o.id = NEW.order_id AND o.ingredients = known.order_ingredients AND o.name = known.order_name
    ) THEN
        RAISE EXCEPTION 'the order is not of the name and ingredients of the product' USING ERRCODE = 'check_violation';
    END IF;
    IF NOT attends_now(NEW.attendance_id, NEW.encounter_id) THEN
        RAISE EXCEPTION 'the prescriber does not attend this visit now' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.schedule <> 'none' THEN
        PERFORM hold_presence(NEW.patient_id, false), hold_presence(NEW.prescriber_id, false);
        trouble := check_in_trouble(NEW.check_in_id, told_now(NEW.written_at));
        IF trouble IS NOT NULL THEN
            RAISE EXCEPTION 'the check-in does not hold: %', trouble USING ERRCODE = 'check_violation';
        END IF;
    END IF;
    RETURN NEW;
END
$$
"""

# What is prescribed here begins with a prescription: a reported medicine never becomes one by being held, and holding
# or stopping says nothing new of what it is.
FOLLOWED = """
CREATE FUNCTION medication_order_same() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    before public.medication_order;
BEGIN
    SELECT * INTO before FROM public.medication_order o WHERE o.id = NEW.replaces;
    IF before.id IS NULL THEN
        RETURN NEW;
    END IF;
    IF (before.kind = 'prescribed_here') <> (NEW.kind = 'prescribed_here') THEN
        RAISE EXCEPTION 'what is prescribed here and what is reported are never one chain'
            USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.act IN ('held', 'stopped') AND (before.kind, before.medicine, before.name, before.sentence, before.sig)
       IS DISTINCT FROM (NEW.kind, NEW.medicine, NEW.name, NEW.sentence, NEW.sig) THEN
        RAISE EXCEPTION 'holding or stopping a medicine changes nothing else of it' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$
"""

# In step 0002 a demo's mark was a licence for any time; here it makes the time that is told the one that counts.
RECORDED = """
CREATE OR REPLACE FUNCTION prescription_recorded() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.recorded_at := clock_timestamp();
    IF told_now(NEW.written_at) > NEW.valid_until THEN
        RAISE EXCEPTION 'the decision for this prescription is no longer valid' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$
"""
REPLACED = (RECORDED, "DROP FUNCTION prescription_too_late(timestamptz, timestamptz)")

FUNCTIONS = (*REPLACED, STRICTNESS, ATTENDS_NOW, REFERENCE_ON, DECIDED, PRESCRIBED, FOLLOWED)

# After the row's own CHECKs and keys, which are said first.
TRIGGERS = (
    ("medication_order", "medication_order_same", "AFTER INSERT", "medication_order_same()"),
    ("decision", "decision_grounded", "AFTER INSERT", "decision_grounded()"),
    ("prescription", "prescription_grounded", "AFTER INSERT", "prescription_grounded()"),
)
