"""Role → permissions, as one table; docs/roles.md is printed from it."""

from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Role(StrEnum):
    """What a member is in an organization, from the most to the least trusted."""

    OWNER = "owner"
    ADMIN = "admin"
    MANAGER = "manager"
    EDITOR = "editor"
    VIEWER = "viewer"


SENTENCES: Final = MappingProxyType(
    {
        "catalog.read": "See products, variants, media, stock and their history.",
        "catalog.write": "Create and edit products, variants, categories, media and stock.",
        "catalog.import": "Bring products in from a file.",
        "catalog.export": "Take the catalog out as a file.",
        "catalog.delete": "Archive, restore and delete products and categories.",
        "inventory.read": "See stock, where it lies and why it moved.",
        "inventory.write": "Adjust, move, receive, count and keep back stock; say when to reorder.",
        "inventory.approve": "See how counts differ from stock, and approve the differences.",
        "inventory.locations": "Add, change, rank and switch off locations.",
        "connections.read": "See connected channels and their health.",
        "connections.manage": "Connect, set up, pause and disconnect channels.",
        "sync.read": "See runs, plans, conflicts and errors of the sync.",
        "sync.run": "Start, approve, retry and cancel a sync.",
        "sync.resolve": "Decide a conflict between us and a channel.",
        "listings.map": "Pair listings on a channel with our variants.",
        "orders.read": "See orders and how far they are, without who bought.",
        "orders.write": "Pick, pack, ship, hold, cancel and refund orders, and map their items.",
        "orders.personal": "See who bought: names, mail, phone and addresses.",
        "orders.export": "Take orders out as a file.",
        "webhooks.read": "See what channels sent us, including personal data of buyers.",
        "webhooks.replay": "Run a received webhook again.",
        "notices.read": "See notices of the organization.",
        "team.read": "See who is a member, and in which role.",
        "team.manage": "Invite people, change roles below owner and remove members.",
        "team.own": "Make somebody an owner, or change and remove an owner.",
        "organization.manage": "Change the settings of the organization.",
        "organization.backup": "Take all settings out as a locked file, keys of shops included,"
        " and restore them.",
        "audit.read": "See who did what, and when.",
        "system.jobs": "See and control background jobs of the whole install.",
        "system.operate": "See and enter every organization of the install; each visit is audited.",
    }
)

_VIEWER: Final = frozenset(
    {
        "catalog.read",
        "inventory.read",
        "connections.read",
        "sync.read",
        "orders.read",
        "notices.read",
        "team.read",
    }
)
_EDITOR: Final = _VIEWER | {
    "catalog.write",
    "catalog.import",
    "catalog.export",
    "inventory.write",
}
_MANAGER: Final = _EDITOR | {
    "catalog.delete",
    "inventory.approve",
    "inventory.locations",
    "sync.run",
    "sync.resolve",
    "listings.map",
    "orders.write",
    "orders.personal",
    "orders.export",
    "webhooks.read",
    "webhooks.replay",
}
_ADMIN: Final = _MANAGER | {
    "connections.manage",
    "team.manage",
    "organization.manage",
    "audit.read",
}

ROLES: Final = MappingProxyType(
    {
        Role.OWNER: _ADMIN | {"team.own", "organization.backup"},
        Role.ADMIN: _ADMIN,
        Role.MANAGER: _MANAGER,
        Role.EDITOR: _EDITOR,
        Role.VIEWER: _VIEWER,
    }
)
OPERATOR: Final = frozenset({"system.jobs", "system.operate"})

# Deciding about people, keys and the organization itself stays with people.
SCOPES: Final = tuple(
    name
    for name in SENTENCES
    if name not in OPERATOR
    and not name.startswith("organization.")
    and name not in ("team.manage", "team.own", "connections.manage")
)

ROLE_SENTENCES: Final = MappingProxyType(
    {
        Role.OWNER: "Everything, including who else is an owner.",
        Role.ADMIN: "Everything except deciding about owners.",
        Role.MANAGER: "Catalog, stock, orders and sync, without connecting channels.",
        Role.EDITOR: "Works on the catalog, without deleting or syncing.",
        Role.VIEWER: "Looks, without changing anything.",
    }
)


def permissions_of(role: Role | None, *, is_operator: bool = False) -> frozenset[str]:
    """Return what a person may do here; a visiting operator may do what an owner may."""
    if is_operator:
        return ROLES[role or Role.OWNER] | OPERATOR
    return ROLES[role] if role is not None else frozenset()


def scopes_of(role: Role) -> tuple[str, ...]:
    """Return what a program may be allowed to do for somebody in this role."""
    return tuple(name for name in SCOPES if name in ROLES[role])


def as_markdown() -> str:
    """Return the table of roles and permissions as the page docs/roles.md."""
    head = [
        "# Roles and permissions",
        "",
        "Printed from `app/team/permissions.py` by `flask print-roles`; a test keeps them equal.",
        "",
    ]
    roles = [f"- **{role.capitalize()}**: {ROLE_SENTENCES[role]}" for role in Role]
    operator = (
        "- **Operator**: runs the install. May enter any organization with an owner's rights;"
        " each visit is in that organization's audit log."
    )
    columns = [role.capitalize() for role in Role] + ["Operator"]
    table = [
        "| Permission | What it allows | " + " | ".join(columns) + " |",
        "| --- | --- |" + " :-: |" * len(columns),
    ]
    holders = [ROLES[role] for role in Role] + [permissions_of(None, is_operator=True)]
    for name, sentence in SENTENCES.items():
        marks = " | ".join("yes" if name in held else "" for held in holders)
        table.append(f"| `{name}` | {sentence} | {marks} |")
    return "\n".join([*head, *roles, operator, "", *table, ""])
