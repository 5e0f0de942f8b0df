"""Organizations, users, memberships, invitations, sessions and the audit log."""
