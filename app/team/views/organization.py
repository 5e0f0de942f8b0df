"""Pages of an organization: settings, switch, members, invitations, audit log."""

from uuid import UUID

from flask import Response, redirect, request, url_for
from flask.typing import ResponseReturnValue

from app.core import clock
from app.core.db import reading
from app.core.errors import Invalid
from app.core.work import unit_of_work
from app.team import queries, service
from app.team.forms import ROLE_CHOICES, InvitationForm, NewOrganizationForm, OrganizationForm
from app.team.permissions import ROLE_SENTENCES, Role
from app.team.views.blueprint import bp, public_url
from app.team.views.visitor import session_id
from app.web.fragments import page, then, toast
from app.web.guards import requires, signed_in
from app.web.identity import current_actor
from app.web.wishes import cursors

_FIELDS = ("name", "currency", "timezone", "locale", "weight_unit", "length_unit")


@bp.get("/settings")
@requires("team.read")
def settings() -> ResponseReturnValue:
    """Show the settings of the organization."""
    return _settings_page(None)


def _settings_page(form: OrganizationForm | None, *, status: int = 200) -> Response:
    actor = current_actor()
    with reading(actor) as session:
        organization = queries.get_organization(session, actor.organization)
    return page(
        "team/settings.html",
        blocks=("settings",),
        status=status,
        organization=organization,
        form=form or OrganizationForm(formdata=None, obj=organization),
    )


@bp.post("/settings")
@requires("organization.manage")
def settings_change() -> ResponseReturnValue:
    """Keep the settings of the organization."""
    form = OrganizationForm()
    if not form.validate():
        return _settings_page(form, status=422)
    try:
        with unit_of_work(current_actor()) as work:
            service.change_organization(work, {name: form[name].data for name in _FIELDS})
    except Invalid as refusal:
        form.refuse(refusal)
        return _settings_page(form, status=422)
    toast("Settings saved")
    return then(settings)


@bp.post("/organizations/<uuid:organization_id>/switch")
@signed_in
def organization_switch(organization_id: UUID) -> ResponseReturnValue:
    """Work in another organization from now on."""
    with unit_of_work(current_actor()) as work:
        service.switch_organization(work, session_id(), organization_id)
    return redirect(url_for("web.home"), 303)


@bp.route("/organizations/new", methods=["GET", "POST"])
@signed_in
def organization_new() -> ResponseReturnValue:
    """Found another organization and go there."""
    form = NewOrganizationForm()
    if form.validate_on_submit():
        try:
            made = service.create_organization(current_actor(), form.organization_name.data)
        except Invalid as refusal:
            form.refuse(refusal)
        else:
            return organization_switch(made)
    status = 422 if form.is_submitted() else 200
    return page("team/organization_new.html", form=form, status=status)


@bp.get("/settings/team")
@requires("team.read")
def member_list() -> ResponseReturnValue:
    """Show who is in the organization, and who is invited."""
    return _team_page(None)


def _team_page(form: InvitationForm | None, *, status: int = 200) -> Response:
    actor = current_actor()
    with reading(actor) as session:
        members = queries.member_list(session, actor.organization)
        invitations = queries.invitation_list(session, actor.organization)
    roles = {
        role: label
        for role, label in ROLE_CHOICES.items()
        if role != Role.OWNER or actor.can("team.own")
    }
    form = form or InvitationForm(formdata=None)
    form.role.choices = roles
    return page(
        "team/member_list.html",
        blocks=("team",),
        status=status,
        members=members,
        invitations=invitations,
        form=form,
        roles=[(role, role.capitalize()) for role in roles],
        role_sentences=ROLE_SENTENCES,
        me=actor.user_id,
        now=clock.now(),
    )


@bp.post("/settings/team/invitations")
@requires("team.manage")
def invitation_send() -> ResponseReturnValue:
    """Invite somebody by mail."""
    actor = current_actor()
    form = InvitationForm()
    if not form.validate():
        return _team_page(form, status=422)
    service.take_attempts(actor, ("invite_organization", str(actor.organization)))
    try:
        with unit_of_work(actor) as work:
            service.invite(work, form.email.data, Role(form.role.data), public_url=public_url())
    except Invalid as refusal:
        form.refuse(refusal)
        return _team_page(form, status=422)
    toast(f"Invitation sent to {form.email.data}")
    return then(member_list)


@bp.post("/settings/team/invitations/<uuid:invitation_id>/resend")
@requires("team.manage")
def invitation_resend(invitation_id: UUID) -> ResponseReturnValue:
    """Mail an invitation again with a fresh link."""
    actor = current_actor()
    service.take_attempts(actor, ("invite_organization", str(actor.organization)))
    with unit_of_work(actor) as work:
        service.resend_invitation(work, invitation_id, public_url=public_url())
    toast("Invitation sent again")
    return then(member_list)


@bp.post("/settings/team/invitations/<uuid:invitation_id>/revoke")
@requires("team.manage")
def invitation_revoke(invitation_id: UUID) -> ResponseReturnValue:
    """Take an invitation back."""
    with unit_of_work(current_actor()) as work:
        service.revoke_invitation(work, invitation_id)
    return then(member_list)


@bp.post("/settings/team/members/<uuid:membership_id>/role")
@requires("team.manage")
def member_change_role(membership_id: UUID) -> ResponseReturnValue:
    """Give a member another role."""
    wanted = request.form.get("role", "")
    if wanted not in set(Role):
        raise Invalid("Choose one of the roles.")
    with unit_of_work(current_actor()) as work:
        service.change_role(work, membership_id, Role(wanted))
    return then(member_list)


@bp.post("/settings/team/members/<uuid:membership_id>/remove")
@requires("team.read")
def member_remove(membership_id: UUID) -> ResponseReturnValue:
    """Take a member out, or leave; the service decides who may."""
    with unit_of_work(current_actor()) as work:
        has_left = service.remove_member(work, membership_id)
    return redirect(url_for("web.home"), 303) if has_left else then(member_list)


@bp.get("/settings/audit")
@requires("audit.read")
def audit_list() -> ResponseReturnValue:
    """Show who did what in the organization."""
    return audit_page(current_actor().organization, title="Audit log")


def audit_page(organization_id: UUID | None, *, title: str) -> Response:
    """Show an audit log with its filters; without an organization, the install's own."""
    wanted = queries.AuditFilter(
        text=request.args.get("q", "").strip()[:200],
        action=request.args.get("action", "")[:64],
        user_id=request.args.get("person", type=UUID),
        subject_kind=request.args.get("kind", "")[:40],
        subject_id=request.args.get("subject", "")[:64],
    )
    with reading(current_actor()) as session:
        found = queries.audit_list(
            session,
            organization_id,
            wanted,
            **cursors(),
        )
        actions = queries.audit_actions(session, organization_id)
        people = queries.audit_people(session, organization_id)
        head = queries.audit_head(session, organization_id)
    return page(
        "team/audit_list.html",
        blocks=("results",),
        page=found,
        wanted=wanted,
        actions=[(action, action.replace(".", ": ").replace("_", " ")) for action in actions],
        people=people,
        head=head,
        title=title,
    )
