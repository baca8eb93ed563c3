"""The claimer over real stores: claims, ends, answers that are lost, and what is left owed."""
