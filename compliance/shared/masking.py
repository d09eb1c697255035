"""What stands for a patient where the name is not to be shown. Pure."""

from hashlib import sha256
from uuid import UUID


def patient_code(patient_id: UUID) -> str:
    """`P-7F2C`: the same patient always has the same code, and the code does not lead back to the id.

    Four hexadecimal digits tell the patients of a page apart; two patients may share a code, so it is never a key.
    """
    return f"P-{sha256(patient_id.bytes).hexdigest()[:4].upper()}"
