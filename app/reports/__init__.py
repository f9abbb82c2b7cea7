"""What each day came to: made once a day by one process, and read by administrators."""
