"""One user's SQL statement, run on a file that holds nothing but the account's own rows."""
