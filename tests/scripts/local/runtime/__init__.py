"""Tests of the local runtime, with real processes and servers."""
