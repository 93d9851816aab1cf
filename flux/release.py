"""The release: part of every ETag, so that a new one never serves an old one's bytes."""

RELEASE = "0.4.0"
