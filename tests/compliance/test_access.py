"""Who may do what: the whole table of action, role and relation, written down here a second time."""

import shutil
from itertools import product
from pathlib import Path

import pytest

from compliance.access import rules as access
from compliance.shared.errors import BadPack
from compliance.shared.pack_file import DIRECTORY
from compliance.shared.vocabulary import Action, Relation, Role

R, T = Role, Relation

# What each role may do in each relation beyond what everybody may do. Not listed: nothing.
EVERYBODY = "session.read session.end live.listen device.check crisis.read styleguide.read"
EXPECTED: dict[tuple[Role, Relation], str] = {
    (
        R.PATIENT,
        T.SELF,
    ): "visit.read visit.prepare visit.arrive visit.join visit.leave medication.read medication.report "
    "scale.answer scale.read",
    (R.GUEST, T.PARTICIPANT): "visit.read visit.prepare visit.join visit.leave",
    (R.PRESCRIBER, T.NONE): "day.read patient.search",
    (
        R.PRESCRIBER,
        T.OWN_PATIENT,
    ): "patient.read visit.book visit.invite visit.uninvite visit.cancel visit.read visit.admit "
    "visit.take_over visit.correct attendance.read medication.read medication.start "
    "medication.revise medication.renew medication.hold medication.stop medication.report scale.request scale.read "
    "alert.read alert.acknowledge crisis.record note.read note.write note.sign note.addend",
    (R.PRESCRIBER, T.ATTENDING): "visit.read visit.prepare visit.join visit.leave visit.end",
    (R.PRESCRIBER, T.PARTICIPANT): "visit.read visit.prepare visit.join visit.leave",
    (R.SUPERVISOR, T.NONE): "day.read patient.search",
    (R.SUPERVISOR, T.SUPERVISED): "patient.read visit.read attendance.read medication.read scale.read "
    "alert.read note.read",
    (R.SUPERVISOR, T.PARTICIPANT): "visit.read visit.prepare visit.join visit.leave",
    (R.CARE_TEAM, T.NONE): "patient.search",
    (R.CARE_TEAM, T.CARE_TEAM): "patient.read medication.read scale.read",
    (R.FRONT_DESK, T.NONE): "desk.read desk.book visit.check_in visit.correct",
    (R.OFFICER, T.NONE): "log.read log.read_texts log.verify log.export patient.unmask",
    (R.ADMINISTRATOR, T.NONE): "person.add person.read role.grant site.read site.change",
}


def _may(action: Action, roles: set[Role], relations: set[Relation]) -> bool:
    return access.decide(action, frozenset(roles), frozenset(relations)).allowed


@pytest.mark.parametrize(("role", "relation"), tuple(product(Role, Relation)))
def test_every_action_for_a_role_in_a_relation(role: Role, relation: Relation) -> None:
    expected = " ".join((EVERYBODY, EXPECTED.get((role, relation), ""), EXPECTED.get((role, T.NONE), ""))).split()
    assert set(expected) <= {action.value for action in Action}
    allowed = {action.value for action in Action if _may(action, {role}, {relation})}
    assert allowed == set(expected)


@pytest.mark.parametrize("action", Action)
def test_without_a_role_nothing_is_allowed(action: Action) -> None:
    verdict = access.decide(action, frozenset(), frozenset(Relation))
    assert (verdict.allowed, verdict.rule) == (False, "default-deny")


@pytest.mark.parametrize("action", Action)
def test_every_action_is_somebodys(action: Action) -> None:
    assert any(_may(action, {role}, {relation}) for role, relation in product(Role, Relation))


def test_several_roles_add_up_and_do_not_mix() -> None:
    both = {R.PATIENT, R.OFFICER}
    assert _may(Action.LOG_READ, both, {T.SELF})
    assert _may(Action.SCALE_ANSWER, both, {T.SELF})
    assert not _may(Action.SCALE_ANSWER, both, {T.OWN_PATIENT})


def test_nobody_treats_themselves() -> None:
    assert _may(Action.MEDICATION_START, {R.PRESCRIBER}, {T.OWN_PATIENT})
    for action in (Action.MEDICATION_START, Action.NOTE_READ, Action.PATIENT_READ):
        assert not _may(action, {R.PRESCRIBER, R.PATIENT}, {T.OWN_PATIENT, T.SELF})
    assert _may(Action.VISIT_JOIN, {R.PRESCRIBER, R.PATIENT}, {T.OWN_PATIENT, T.SELF})
    assert _may(Action.DAY_READ, {R.PRESCRIBER, R.PATIENT}, {T.SELF})


def test_the_rule_that_allowed_is_named() -> None:
    verdict = access.decide(Action.MEDICATION_START, frozenset({R.PRESCRIBER}), frozenset({T.OWN_PATIENT}))
    assert verdict.rule == "prescriber-own-patient"


def test_changed_rules_are_not_used(tmp_path: Path) -> None:
    copy = Path(shutil.copytree(DIRECTORY, tmp_path / "packs"))
    assert access.load(copy).sha256 == access.load().sha256
    rules = copy / "access.toml"
    rules.write_text(rules.read_text("utf-8").replace('role = "officer"', 'role = "guest"'), "utf-8")
    with pytest.raises(BadPack, match="manifest"):
        access.load(copy)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('role = "officer"', 'role = "boss"'),
        ('relation = "supervised"', 'relation = "nearby"'),
        ('"log.read"', '"log.burn"'),
        ('"log.read", ', '"log.read", "log.read", '),
        ('not_on_oneself = ["prescriber"', 'not_on_oneself = ["boss"'),
        ('why = "A compliance', 'reason = "A compliance'),
    ],
)
def test_a_wrong_word_in_the_rules_is_refused(before: str, after: str) -> None:
    text = (DIRECTORY / "access.toml").read_text("utf-8")
    assert before in text
    with pytest.raises(BadPack):
        access.read(text.replace(before, after, 1).encode())
