"""The pages before the door: sign in, sign up, forgot, reset, verify, invitations."""

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from app.core.actor import Actor
from app.core.db import reading
from app.core.errors import Invalid
from app.core.work import unit_of_work
from app.team import queries, service
from app.team.errors import LinkSpent, SignInRefused
from app.team.forms import (
    ConfirmForm,
    ForgotForm,
    JoinForm,
    NewPasswordForm,
    SignInForm,
    SignUpForm,
)
from app.team.models import Purpose
from app.team.rules import normal_email
from app.team.service.members import split_link
from app.team.views.blueprint import bp, public_url
from app.team.views.visitor import drop_cookie, session_id, take_cookie
from app.web.fragments import page, toast
from app.web.guards import public, signed_in
from app.web.identity import Identity, current_actor, current_identity
from app.web.paths import own_path


def _onwards() -> ResponseReturnValue:
    wanted = own_path(request.values.get("next"))
    return redirect(wanted or url_for("web.home"), 303)


@bp.route("/signin", methods=["GET", "POST"])
@public
def sign_in() -> ResponseReturnValue:
    """Ask for e-mail and password, and let in."""
    if request.method == "GET" and current_identity() is not None:
        return _onwards()
    form = SignInForm()
    status = 200
    if form.validate_on_submit():
        try:
            token = service.sign_in(
                current_actor(),
                form.email.data,
                form.password.data,
                is_remembered=form.is_remembered.data,
            )
        except SignInRefused as refusal:
            form.form_errors.append(refusal.sentence)
        else:
            take_cookie(token, is_remembered=form.is_remembered.data)
            return _onwards()
    if form.is_submitted():
        status = 422
    wanted = own_path(request.values.get("next"))
    return page("team/sign_in.html", form=form, next=wanted, status=status)


@bp.post("/signout")
@public
def sign_out() -> ResponseReturnValue:
    """End this browser's session."""
    if current_identity() is not None:
        with unit_of_work(current_actor()) as work:
            service.end_session(work, session_id())
    drop_cookie()
    return redirect(url_for("team.sign_in"), 303)


@bp.route("/signup", methods=["GET", "POST"])
@public
def sign_up() -> ResponseReturnValue:
    """Add a person with an organization of their own."""
    if request.method == "GET" and current_identity() is not None:
        return _onwards()
    form = SignUpForm()
    if form.validate_on_submit():
        wanted = service.SignUp(
            form.email.data, form.name.data, form.password.data, form.organization_name.data
        )
        try:
            token = service.sign_up(current_actor(), wanted, public_url=public_url())
        except Invalid as refusal:
            form.refuse(refusal)
        else:
            take_cookie(token)
            return _onwards()
    return page("team/sign_up.html", form=form, status=422 if form.is_submitted() else 200)


@bp.route("/forgot", methods=["GET", "POST"])
@public
def forgot() -> ResponseReturnValue:
    """Mail a way back in; says the same whether the address is known or not."""
    form = ForgotForm()
    if form.validate_on_submit():
        service.request_reset(current_actor(), form.email.data, public_url=public_url())
        return page("team/forgot.html", form=form, sent_to=form.email.data)
    return page("team/forgot.html", form=form, status=422 if form.is_submitted() else 200)


@bp.route("/reset/<token>", methods=["GET", "POST"])
@public
def reset(token: str) -> ResponseReturnValue:
    """Choose a new password by a mailed link."""
    form = NewPasswordForm()
    if form.validate_on_submit():
        try:
            service.reset_password(current_actor(), token, form.password.data)
        except Invalid as refusal:
            form.refuse(refusal)
        else:
            drop_cookie()
            toast("Your password is changed. Sign in with it.")
            return redirect(url_for("team.sign_in"), 303)
    _refuse_dead_link(token, Purpose.RESET)
    return page("team/reset.html", form=form, status=422 if form.is_submitted() else 200)


@bp.route("/verify/<token>", methods=["GET", "POST"])
@public
def verify(token: str) -> ResponseReturnValue:
    """Confirm an address by a button, since mail scanners open links by themselves."""
    form = ConfirmForm()
    if form.validate_on_submit():
        service.confirm_email(current_actor(), token)
        toast("Your e-mail address is confirmed.")
        signed = current_identity() is not None
        return redirect(url_for("web.home" if signed else "team.sign_in"), 303)
    _refuse_dead_link(token, Purpose.VERIFY, Purpose.CHANGE_EMAIL)
    return page("team/verify.html", form=form)


def _refuse_dead_link(token: str, *purposes: Purpose) -> None:
    with reading(current_actor()) as session:
        if not queries.is_link_alive(session, token, *purposes):
            raise LinkSpent


@bp.get("/invitations/<link>")
@public
def invitation(link: str) -> ResponseReturnValue:
    """Show who invites, and offer the way in that fits."""
    return _invitation_page(link, JoinForm())


def _invitation_page(link: str, form: JoinForm, *, status: int = 200) -> ResponseReturnValue:
    organization_id, token = split_link(link)
    with reading(Actor(organization_id, None, frozenset())) as session:
        found = queries.get_invitation(session, organization_id, token)
        organization = queries.get_organization(session, organization_id)
        inviter = queries.get_user(session, found.invited_by) if found.invited_by else None
        is_known = queries.find_user_by_email(session, found.email) is not None
    return page(
        "team/invitation.html",
        status=status,
        form=form,
        invitation=found,
        organization=organization,
        inviter=inviter,
        is_known=is_known,
        is_for_me=_is_for(current_identity(), found.email),
        link=link,
    )


def _is_for(identity: Identity | None, email: str) -> bool | None:
    """None: nobody is signed in."""
    return None if identity is None else normal_email(identity.email) == email


@bp.post("/invitations/<link>/join")
@public
def invitation_join(link: str) -> ResponseReturnValue:
    """Let a new person in."""
    if current_identity() is not None:
        return redirect(url_for("team.invitation", link=link), 303)
    form = JoinForm()
    if not form.validate():
        return _invitation_page(link, form, status=422)
    try:
        token = service.accept_as_new(
            current_actor(), link, name=form.name.data, password=form.password.data
        )
    except Invalid as refusal:
        form.refuse(refusal)
        return _invitation_page(link, form, status=422)
    take_cookie(token)
    return redirect(url_for("web.home"), 303)


@bp.post("/invitations/<link>/accept")
@signed_in
def invitation_accept(link: str) -> ResponseReturnValue:
    """Let the signed-in person join the organization."""
    service.accept_invitation(current_actor(), link, session_id=session_id())
    toast("You joined. This is your new organization.")
    return redirect(url_for("web.home"), 303)
