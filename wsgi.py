"""Production: `gunicorn wsgi:app`."""

from flux import create_app

app = create_app()
