"""`blueprint events`: which events there are, and replaying those of the past."""
