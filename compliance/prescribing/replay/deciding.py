"""Deciding one decision again and comparing the two answers. Pure."""

from dataclasses import dataclass, replace

from compliance.prescribing.deciding import PrescribingRequest, RequestReading, decide_as_read, state_is_stricter
from compliance.prescribing.decision import Decision
from compliance.prescribing.policy_packs import FALLBACK, Pack
from compliance.prescribing.replay.kept import named_of, reading_of, request_of
from compliance.substances.resolver import Substances


@dataclass(frozen=True, slots=True)
class ComparedDecision:
    """What is compared of a decision: how it ended, and why. `reasons`: their codes, each once, in order."""

    outcome: str
    schedule: str
    rule: str
    reasons: tuple[str, ...]

    @classmethod
    def of(cls, made: Decision) -> "ComparedDecision":
        """The answer that a decision gives."""
        codes = tuple(dict.fromkeys(one.code for one in made.reasons))
        return cls(made.outcome.value, made.schedule_word, made.rule, codes)

    def __str__(self) -> str:
        """In words."""
        return f"{self.outcome} by rule {self.rule}, schedule {self.schedule} ({', '.join(self.reasons)})"


@dataclass(frozen=True, slots=True)
class Replayed:
    """Both answers. `by_reading`: the name could not be read again, so that the reading that was kept decided."""

    recorded: ComparedDecision
    replayed: ComparedDecision
    by_reading: bool

    @property
    def differs(self) -> bool:
        """Whether somebody should look at it."""
        return self.recorded != self.replayed


def replay(made: Decision, name: str | None, pack: Pack, substances: Substances) -> Replayed:
    """Decide again by these, which are those of the decision's digests. `name`: the medicine as it was given, None when
    that was erased. Raises ``KeyError`` or ``ValueError`` for evidence that cannot be used.
    """
    request = request_of(made, name or "")
    reading = reading_of(made) if name is None else _read_anew(made, request, substances)
    told = next((one for one in made.reasons if one.code == FALLBACK), None)
    policy = replace(pack, fallback=told) if told else pack
    again = decide_as_read(request, reading, policy, substances.sha256, made.decided_at)
    return Replayed(ComparedDecision.of(made), ComparedDecision.of(again), by_reading=name is None)


def _read_anew(made: Decision, request: PrescribingRequest, substances: Substances) -> RequestReading:
    """The name is read again; what the texts named is known only from then."""
    on = request.on or made.decided_at.date()
    resolution = substances.resolve(request.product, on=on, state=request.state, code=request.code)
    return RequestReading(resolution, state_is_stricter(resolution), named_of(made))
