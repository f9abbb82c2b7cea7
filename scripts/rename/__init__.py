"""`blueprint rename`: a fork gets a name of its own, and its deployed stacks keep their resources."""
