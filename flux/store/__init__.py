"""WHERE it is kept: the only package that knows SQLAlchemy."""
