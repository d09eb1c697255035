"""The one way in which a medicine is prescribed: parse, propose, check, decide, record, sign.

`parse` reads what was typed; `propose` makes of it a dose of real pieces; `check` looks at the chart and says what is
missing; `decide` asks the policy; `record` writes the decision; `sign` is the whole chain, on what was read once under
the lock of the patient's list (`emr.prescribing.ground`). Holding and stopping go the same way (`ending`). A form is a
view of an attempt, never its source. Nothing here fails open: no visit in progress counts as remote, an unknown place
or name blocks, and what could not be decided is not written.
"""
