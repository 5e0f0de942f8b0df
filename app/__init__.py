"""SyncStore."""
