"""A person's own pages: profile, password, address, preferences, browsers."""

from uuid import UUID

from flask import Response, current_app, request, send_file
from flask.typing import ResponseReturnValue

from app.core.db import reading
from app.core.errors import Invalid, NotFound
from app.core.work import unit_of_work
from app.gateways.storage import storage
from app.notices import queries as notice_queries
from app.notices import service as notice_service
from app.notices.rules import KINDS
from app.team import queries, service
from app.team.forms import EmailForm, Form, PasswordForm, PreferencesForm, ProfileForm
from app.team.pictures import square_picture
from app.team.rules import device_name
from app.team.views.blueprint import bp, public_url
from app.team.views.visitor import person_id, session_id
from app.web.fragments import page, then, toast
from app.web.guards import requires, signed_in, takes_up_to
from app.web.identity import Identity, current_actor, current_identity
from app.web.preferences import YEAR


@bp.get("/profile")
@signed_in
def profile() -> ResponseReturnValue:
    """Show who the person is to us."""
    return _profile_page()


def _profile_page(
    *,
    form: ProfileForm | None = None,
    password_form: PasswordForm | None = None,
    email_form: EmailForm | None = None,
    status: int = 200,
) -> Response:
    with reading(current_actor()) as session:
        user = queries.get_user(session, person_id())
    return page(
        "team/profile.html",
        blocks=("profile",),
        status=status,
        user=user,
        form=form or ProfileForm(formdata=None, name=user.name),
        password_form=password_form or PasswordForm(formdata=None),
        email_form=email_form or EmailForm(formdata=None),
    )


@bp.post("/profile")
@takes_up_to(6)
@signed_in
def profile_change() -> ResponseReturnValue:
    """Keep name and picture."""
    form = ProfileForm()
    if not form.validate():
        return _profile_page(form=form, status=422)
    try:
        picture = _kept_picture(form)
        with unit_of_work(current_actor()) as work:
            service.change_profile(work, name=form.name.data, avatar_key=picture)
    except Invalid as refusal:
        form.refuse(refusal)
        return _profile_page(form=form, status=422)
    toast("Profile saved")
    return then(profile)


def _kept_picture(form: ProfileForm) -> str | None:
    """The key of a new picture, an empty text to remove it, None to leave it."""
    if form.removes_picture.data:
        return ""
    content = form.picture.data.read() if form.picture.data else b""
    if not content:
        return None
    return storage().keep(square_picture(content), folder="people", suffix="webp")


@bp.get("/people/<uuid:user_id>/picture")
@signed_in
def picture(user_id: UUID) -> ResponseReturnValue:
    """Show a colleague's picture, or one's own."""
    actor = current_actor()
    with reading(actor) as session:
        is_near = user_id == actor.user_id or (
            actor.organization_id is not None
            and queries.is_member(session, actor.organization_id, user_id)
        )
        user = queries.get_user(session, user_id)
    if not is_near or not user.avatar_key:
        raise NotFound
    return send_file(storage().open(user.avatar_key), mimetype="image/webp", max_age=300)


@bp.post("/profile/password")
@signed_in
def password_change() -> ResponseReturnValue:
    """Choose another password; other browsers are signed out."""
    form = PasswordForm()
    if form.validate():
        try:
            service.change_password(
                current_actor(),
                form.current_password.data,
                form.password.data,
                keep=session_id(),
            )
        except Invalid as refusal:
            form.refuse(refusal)
    if form.errors:
        return _profile_page(password_form=form, status=422)
    toast("Password changed. Other browsers are signed out.")
    return then(profile)


@bp.post("/profile/email")
@signed_in
def email_change() -> ResponseReturnValue:
    """Mail a proof to another address."""
    form = EmailForm()
    if form.validate():
        try:
            service.request_new_email(
                current_actor(),
                form.current_password.data,
                form.email.data,
                public_url=public_url(),
            )
        except Invalid as refusal:
            form.refuse(refusal)
    if form.errors:
        return _profile_page(email_form=form, status=422)
    toast(f"We sent a link to {form.email.data}. Open it to use this address.")
    return then(profile)


@bp.post("/profile/verification")
@signed_in
def verification_resend() -> ResponseReturnValue:
    """Mail the proof of the address again."""
    service.request_verification(current_actor(), public_url=public_url())
    toast("We sent the link again.")
    return then(profile)


@bp.get("/settings/preferences")
@signed_in
def preferences() -> ResponseReturnValue:
    """Show how the person wants to see SyncStore."""
    return _preferences_page(None)


def _preferences_page(form: PreferencesForm | None, *, status: int = 200) -> Response:
    actor = current_actor()
    mailed: frozenset[str] = frozenset()
    daily: frozenset[str] = frozenset()
    with reading(actor) as session:
        user = queries.get_user(session, person_id())
        if actor.organization_id is not None:
            mailed = notice_queries.mailed_kinds(session, user.id, actor.organization_id)
            daily = notice_queries.daily_kinds(session, user.id, actor.organization_id)
    identity = current_identity()
    shown = {"locale": identity.locale if identity else "en_US", **user.preferences}
    return page(
        "team/preferences.html",
        blocks=("preferences",),
        status=status,
        form=form or PreferencesForm(formdata=None, data=shown),
        kinds=KINDS,
        mailed=mailed,
        daily=daily,
        has_organization=actor.organization_id is not None,
    )


@bp.post("/settings/preferences")
@signed_in
def preferences_change() -> ResponseReturnValue:
    """Keep theme, density, language and time zone with the person and this browser."""
    form = PreferencesForm()
    if not form.validate():
        return _preferences_page(form, status=422)
    names = ("theme", "density", "locale", "timezone")
    with unit_of_work(current_actor()) as work:
        service.change_preferences(work, {name: form[name].data for name in names})
    toast("Preferences saved")
    response = current_app.make_response(then(preferences))
    for name in ("theme", "density"):
        response.set_cookie(
            name,
            form[name].data,
            max_age=YEAR,
            samesite="Lax",
            secure=current_app.config["SERVES_HTTPS"],
        )
    return response


def keep_choice(identity: Identity, name: str, value: str) -> None:
    """Keep a choice made in the profile menu with the person, so that other browsers follow."""
    if identity.user_id is not None:
        with unit_of_work(current_actor()) as work:
            service.change_preferences(work, {name: value})


@bp.post("/settings/preferences/mails")
@requires("notices.read")
def mails_change() -> ResponseReturnValue:
    """Keep which notices are also mailed."""
    if not Form().validate():
        return _preferences_page(None, status=422)
    with unit_of_work(current_actor()) as work:
        paces = {kind: request.form.get(f"pace-{kind}", "") for kind in KINDS}
        kinds = [*request.form.getlist("kinds"), *(kind for kind, pace in paces.items() if pace)]
        daily = [kind for kind, pace in paces.items() if pace == "daily"]
        notice_service.set_mailed_kinds(work, kinds, daily=daily)
    toast("Mail settings saved")
    return then(preferences)


@bp.get("/settings/sessions")
@signed_in
def session_list() -> ResponseReturnValue:
    """Show where the person is signed in."""
    with reading(current_actor()) as session:
        rows = queries.session_list(session, person_id())
    return page(
        "team/session_list.html",
        blocks=("sessions",),
        rows=rows,
        here=session_id(),
        device_name=device_name,
    )


@bp.post("/settings/sessions/<uuid:ended_id>/end")
@signed_in
def session_end(ended_id: UUID) -> ResponseReturnValue:
    """Sign out of one browser."""
    with unit_of_work(current_actor()) as work:
        service.end_session(work, ended_id)
    return then(session_list)


@bp.post("/settings/sessions/end")
@signed_in
def session_end_others() -> ResponseReturnValue:
    """Sign out everywhere else."""
    with unit_of_work(current_actor()) as work:
        count = service.end_every_session(work, keep=session_id())
    toast(f"Signed out of {count} other {'browser' if count == 1 else 'browsers'}.")
    return then(session_list)
