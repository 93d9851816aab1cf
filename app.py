"""Development and command line: `flask --app app …`."""

from flux import create_app

app = create_app()
