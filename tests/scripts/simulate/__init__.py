"""Tests of `blueprint simulate`."""
