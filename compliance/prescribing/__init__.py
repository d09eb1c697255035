"""Whether a prescriber's wish may go on: policy packs, the decision, and decisions as they are kept."""
