"""The command that opens a page for people who do not program."""
