"""The closed lists of compliance: what may be done, by whom, what is prescribed, how, with what result.

These words are the same in code, log, packs and `docs/policy-check.md`; a test compares them.
"""

from enum import StrEnum
from typing import Final

NIL: Final = "00000000-0000-0000-0000-000000000000"
"""Stands in a decision for "none": a NULL would switch a prescription's foreign key off."""


class DecisionOutcome(StrEnum):
    """What a prescribing decision says."""

    ALLOW = "allow"
    BLOCK = "block"


class Modality(StrEnum):
    """How patient and prescriber meet. NONE: there is no encounter at all, which counts as remote."""

    VIDEO = "video"
    AUDIO = "audio"
    IN_PERSON = "in_person"
    NONE = "none"


class CheckInState(StrEnum):
    """Whether the front desk's check-in holds for this visit and this prescriber, or why it does not.

    MISSING: there is none. UNCONFIRMED: the patient has not said so on the desk's device. EXPIRED: the visit's booked
    end is more than an hour ago. JOINED_CALL: one of the two joined a call after it. TAKEN_OVER: another prescriber
    treats in the visit since.
    """

    HOLDS = "holds"
    MISSING = "missing"
    UNCONFIRMED = "unconfirmed"
    EXPIRED = "expired"
    JOINED_CALL = "joined_call"
    TAKEN_OVER = "taken_over"


class PrescribingAction(StrEnum):
    """What a prescriber wants to do with a medicine."""

    NEW = "new"
    RENEW = "renew"
    INCREASE = "increase"
    DECREASE = "decrease"
    CONTINUE = "continue"
    DISCONTINUE = "discontinue"
    HOLD = "hold"
    TAPER_FROM_SUPPLY = "taper_from_supply"
    REFER = "refer"

    @property
    def dispenses(self) -> bool:
        """Whether a pharmacy may hand something out by it: a prescription for a lower dose is still one."""
        return self in _DISPENSING


_DISPENSING = frozenset(
    {
        PrescribingAction.NEW,
        PrescribingAction.RENEW,
        PrescribingAction.INCREASE,
        PrescribingAction.DECREASE,
        PrescribingAction.CONTINUE,
    }
)


class Schedule(StrEnum):
    """A schedule of the Controlled Substances Act, or NONE: known and in none. Not known is `None`, not NONE."""

    I = "I"  # noqa: E741 - the law's own numerals
    II = "II"
    III = "III"
    IV = "IV"
    V = "V"
    NONE = "none"

    @property
    def controlled(self) -> bool:
        """Whether the law lists it at all."""
        return self is not Schedule.NONE

    @property
    def strictness(self) -> int:
        """0 for NONE up to 5 for I: the larger, the stricter."""
        return _STRICTNESS.index(self)


_STRICTNESS = (Schedule.NONE, Schedule.V, Schedule.IV, Schedule.III, Schedule.II, Schedule.I)


def strictest(schedules: "list[Schedule] | tuple[Schedule, ...]") -> Schedule:
    """The strictest of some schedules; NONE when there are none."""
    return max(schedules, key=lambda one: one.strictness, default=Schedule.NONE)


class Action(StrEnum):
    """Everything that can be done in the product, as `resource.verb`; each route and socket message declares one."""

    DAY_READ = "day.read"
    DESK_READ = "desk.read"
    DESK_BOOK = "desk.book"
    PATIENT_READ = "patient.read"
    PATIENT_SEARCH = "patient.search"
    PATIENT_UNMASK = "patient.unmask"
    PERSON_ADD = "person.add"
    PERSON_READ = "person.read"
    ROLE_GRANT = "role.grant"
    SITE_READ = "site.read"
    SITE_CHANGE = "site.change"
    VISIT_BOOK = "visit.book"
    VISIT_INVITE = "visit.invite"
    VISIT_UNINVITE = "visit.uninvite"
    VISIT_CANCEL = "visit.cancel"
    VISIT_READ = "visit.read"
    VISIT_PREPARE = "visit.prepare"
    VISIT_ARRIVE = "visit.arrive"
    VISIT_CHECK_IN = "visit.check_in"
    VISIT_ADMIT = "visit.admit"
    VISIT_JOIN = "visit.join"
    VISIT_LEAVE = "visit.leave"
    VISIT_END = "visit.end"
    VISIT_TAKE_OVER = "visit.take_over"
    VISIT_CORRECT = "visit.correct"
    ATTENDANCE_READ = "attendance.read"
    MEDICATION_READ = "medication.read"
    MEDICATION_START = "medication.start"
    MEDICATION_REVISE = "medication.revise"
    MEDICATION_RENEW = "medication.renew"
    MEDICATION_HOLD = "medication.hold"
    MEDICATION_STOP = "medication.stop"
    MEDICATION_REPORT = "medication.report"
    SCALE_REQUEST = "scale.request"
    SCALE_ANSWER = "scale.answer"
    SCALE_READ = "scale.read"
    ALERT_READ = "alert.read"
    ALERT_ACKNOWLEDGE = "alert.acknowledge"
    NOTE_READ = "note.read"
    NOTE_WRITE = "note.write"
    NOTE_SIGN = "note.sign"
    NOTE_ADDEND = "note.addend"
    LOG_READ = "log.read"
    LOG_READ_TEXTS = "log.read_texts"
    LOG_VERIFY = "log.verify"
    LOG_EXPORT = "log.export"
    SESSION_READ = "session.read"
    SESSION_END = "session.end"
    LIVE_LISTEN = "live.listen"
    DEVICE_CHECK = "device.check"
    CRISIS_READ = "crisis.read"
    CRISIS_RECORD = "crisis.record"
    STYLEGUIDE_READ = "styleguide.read"


class SystemEvent(StrEnum):
    """What the log records besides actions that somebody needs a right to: what follows from one, and what the program
    or its operator did.
    """

    ADHERENCE_REPORT = "adherence.report"
    ALERT_LEAVE_OPEN = "alert.leave_open"
    ALERT_RAISE = "alert.raise"
    ALLERGY_ASK = "allergy.ask"
    ALLERGY_RECORD = "allergy.record"
    CALL_JOIN = "call.join"
    CARE_ASSIGN = "care.assign"
    CARE_RELEASE = "care.release"
    CARE_TEAM_JOIN = "care_team.join"
    CARE_TEAM_LEAVE = "care_team.leave"
    CHECK_IN_CONFIRM = "check_in.confirm"
    CHECK_IN_STATE = "check_in.state"
    CONTENT_PURGE = "content.purge"
    CRISIS_CONTACT = "crisis.contact"
    LOG_CONTINUE = "log.continue"
    OBSERVATION_RECORD = "observation.record"
    PERSON_LINK = "person.link"
    PRESCRIPTION_DECIDE = "prescription.decide"
    QUESTION_MARK = "question.mark"
    QUESTION_WRITE = "question.write"
    RECORD_COVER = "record.cover"
    REFERENCE_FILL = "reference.fill"
    ROLE_REVOKE = "role.revoke"
    SCALE_ANSWER_ITEM = "scale.answer_item"
    SIDE_EFFECT_FOLLOW = "side_effect.follow"
    SIDE_EFFECT_REPORT = "side_effect.report"
    SITE_ADD = "site.add"
    SITE_CLOSE = "site.close"
    SOURCE_ARCHIVE = "source.archive"
    SUPERVISION_BEGIN = "supervision.begin"
    SUPERVISION_END = "supervision.end"
    VISIT_ATTEND = "visit.attend"
    VISIT_LEAVE_QUEUE = "visit.leave_queue"
    VISIT_MISS = "visit.miss"


class Role(StrEnum):
    """What somebody is in the clinic; one person may hold several. A PA and a nurse practitioner prescribe too."""

    PATIENT = "patient"
    GUEST = "guest"
    PRESCRIBER = "prescriber"
    SUPERVISOR = "supervisor"
    CARE_TEAM = "care_team"
    FRONT_DESK = "front_desk"
    OFFICER = "officer"
    ADMINISTRATOR = "administrator"


class Relation(StrEnum):
    """How the person who acts stands to the patient or visit it is about. NONE: none, or nobody in particular."""

    SELF = "self"
    OWN_PATIENT = "own_patient"
    SUPERVISED = "supervised"
    CARE_TEAM = "care_team"
    PARTICIPANT = "participant"
    ATTENDING = "attending"
    NONE = "none"
