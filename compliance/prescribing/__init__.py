"""Whether what a prescriber intends may go on: policy packs, the decision, and decisions as they are kept."""
