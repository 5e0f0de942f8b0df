"""Writes of the team; what views, jobs, commands and other features may call."""

from app.team.service.accounts import (
    SignUp,
    change_password,
    change_preferences,
    change_profile,
    confirm_email,
    request_new_email,
    request_reset,
    request_verification,
    reset_password,
    sign_in,
    sign_up,
)
from app.team.service.api_access import (
    ApiSignIn,
    Caller,
    TokenPair,
    create_api_token,
    end_grant,
    find_caller,
    mark_grant_used,
    refresh_api,
    sign_in_api,
)
from app.team.service.attempts import forget_attempts, take_attempts
from app.team.service.audit import record_audit
from app.team.service.commands import NewUser, create_user
from app.team.service.mailing import mail_notice
from app.team.service.members import (
    accept_as_new,
    accept_invitation,
    change_role,
    invite,
    remove_member,
    resend_invitation,
    revoke_invitation,
)
from app.team.service.organizations import (
    change_organization,
    create_organization,
    keep_setting,
)
from app.team.service.sessions import (
    begin_session,
    end_every_session,
    end_session,
    mark_seen,
    switch_organization,
    visit_organization,
)
from app.team.service.upkeep import clear_leftovers

__all__ = [
    "ApiSignIn",
    "Caller",
    "NewUser",
    "SignUp",
    "TokenPair",
    "accept_as_new",
    "accept_invitation",
    "begin_session",
    "change_organization",
    "change_password",
    "change_preferences",
    "change_profile",
    "change_role",
    "clear_leftovers",
    "confirm_email",
    "create_api_token",
    "create_organization",
    "create_user",
    "end_every_session",
    "end_grant",
    "end_session",
    "find_caller",
    "forget_attempts",
    "invite",
    "keep_setting",
    "mail_notice",
    "mark_grant_used",
    "mark_seen",
    "record_audit",
    "refresh_api",
    "remove_member",
    "request_new_email",
    "request_reset",
    "request_verification",
    "resend_invitation",
    "reset_password",
    "revoke_invitation",
    "sign_in",
    "sign_in_api",
    "sign_up",
    "switch_organization",
    "take_attempts",
    "visit_organization",
]
