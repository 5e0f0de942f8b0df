"""In-app notices, the mails we send, and what each person wants to hear about."""
