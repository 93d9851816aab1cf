"""The catalog retold: one audience a file."""
