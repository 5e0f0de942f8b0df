class ServersUnavailable(Exception):
    """PostgreSQL or Redis could not be started; the text says which, and what to do."""
