"""Tests of flux.schemas."""
