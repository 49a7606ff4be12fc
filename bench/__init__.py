"""Measurements, each printed beside a baseline of the same run. `make bench` runs every module."""
