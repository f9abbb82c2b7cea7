"""What an operator runs: the `blueprint` command and a package for each of its tools."""
