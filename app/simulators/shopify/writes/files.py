"""fileCreate, fileUpdate, fileDelete and stagedUploadsCreate."""

from collections.abc import Mapping
from typing import Any, Final

from app.simulators.shopify import goods, texts
from app.simulators.shopify.call import Call, View
from app.simulators.shopify.errors import UserErrors, user_error
from app.simulators.shopify.writes import attachments
from app.simulators.storage import Row

MOST_FILES: Final = 250
_LONGEST_ALT: Final = 512


def _shown(call: Call, row: Row) -> View | None:
    return call.show("MediaImage" if row["kind"] == "IMAGE" else "GenericFile", row)


def create(call: Call, args: dict[str, Any]) -> Mapping[str, Any]:
    """Take in files by their sources; they are finished later."""
    store, given = call.store, args["files"]
    errors: UserErrors = []
    if len(given) > MOST_FILES:
        message = "Too many files: the limit is 250."
        errors.append(user_error(["files"], message, "TOO_MANY_ARGUMENTS"))
    for at, each in enumerate(given):
        errors += _errors(call, ["files", at], each)
    if errors:
        return {"files": None, "userErrors": errors}
    rows = [attachments.take(store, each, kind=_kind(each)) for each in given]
    return {"files": [_shown(call, row) for row in rows], "userErrors": []}


def _kind(given: Mapping[str, Any]) -> str:
    return "FILE" if given.get("contentType") == "FILE" else "IMAGE"


def _errors(call: Call, path: list[str | int], given: Mapping[str, Any]) -> UserErrors:
    if not attachments.is_address(call.store, given["originalSource"]):
        message = "The image URL provided is not valid."
        return [user_error([*path, "originalSource"], message, "INVALID_IMAGE_SOURCE_URL")]
    if len(given.get("alt") or "") > _LONGEST_ALT:
        message = "The alt value exceeds the maximum limit of 512 characters."
        return [user_error([*path, "alt"], message, "ALT_VALUE_LIMIT_EXCEEDED")]
    name, mode = given.get("filename"), given.get("duplicateResolutionMode")
    if mode == "RAISE_ERROR" and name and call.store.media.where("name", name):
        message = "A file with the same name already exists."
        return [user_error([*path, "filename"], message, "FILENAME_ALREADY_EXISTS")]
    return []


def update(call: Call, args: dict[str, Any]) -> Mapping[str, Any]:
    """Change files, and which products show them; only ready files can be changed."""
    store = call.store
    errors: UserErrors = []
    numbers = [attachments.file_number(store, each["id"]) for each in args["files"]]
    missing = [
        each["id"] for each, number in zip(args["files"], numbers, strict=True) if number is None
    ]
    if missing:
        message = f"File ids {', '.join(missing)} do not exist."
        error = user_error(["files"], message, "FILE_DOES_NOT_EXIST")
        return {"files": None, "userErrors": [error]}
    for at, (each, number) in enumerate(zip(args["files"], numbers, strict=True)):
        row = store.media.rows[number or 0]
        if row["status"] != "READY" and not each.get("referencesToRemove"):
            message = "Non-ready files cannot be updated."
            errors.append(user_error(["files", at, "id"], message, "NON_READY_STATE"))
        errors += _reference_errors(call, at, each)
    if errors:
        return {"files": None, "userErrors": errors}
    rows = [
        _updated(call, store.media.rows[number or 0], each)
        for each, number in zip(args["files"], numbers, strict=True)
    ]
    return {"files": [_shown(call, row) for row in rows], "userErrors": []}


def _reference_errors(call: Call, at: int, given: Mapping[str, Any]) -> UserErrors:
    wanted = [*(given.get("referencesToAdd") or []), *(given.get("referencesToRemove") or [])]
    products = call.store.products
    if all(products.get(texts.number(each, "Product")) is not None for each in wanted):
        return []
    message = "The reference target does not exist."
    code = "REFERENCE_TARGET_DOES_NOT_EXIST"
    return [user_error(["files", at, "referencesToAdd"], message, code)]


def _updated(call: Call, row: Row, given: Mapping[str, Any]) -> Row:
    store = call.store
    changed = {"alt": given["alt"]} if given.get("alt") is not None else {}
    if given.get("originalSource"):
        due = store.now() + store.settings.media_seconds
        changed |= {"source": given["originalSource"], "status": "UPLOADED", "due": due}
    row = store.media.put(row | changed | {"updated": store.now()})
    for each in given.get("referencesToAdd") or []:
        _show_on(call, each, row["id"], is_shown=True)
    for each in given.get("referencesToRemove") or []:
        _show_on(call, each, row["id"], is_shown=False)
    return row


def _show_on(call: Call, product_id: str, file_id: int, *, is_shown: bool) -> None:
    product = call.store.products.get(texts.number(product_id, "Product"))
    if product is None:
        return
    media = [each for each in product["media"] if each != file_id]
    goods.put_product(call.store, product | {"media": [*media, file_id] if is_shown else media})


def delete(call: Call, args: dict[str, Any]) -> Mapping[str, Any]:
    """Delete files wherever they are shown."""
    store = call.store
    numbers = [attachments.file_number(store, each) for each in args["fileIds"]]
    missing = [
        each for each, number in zip(args["fileIds"], numbers, strict=True) if number is None
    ]
    if missing:
        message = f"File ids {', '.join(missing)} do not exist."
        error = user_error(["fileIds"], message, "FILE_DOES_NOT_EXIST")
        return {"deletedFileIds": None, "userErrors": [error]}
    for number in numbers:
        _drop(call, number or 0)
    return {"deletedFileIds": args["fileIds"], "userErrors": []}


def _drop(call: Call, file_id: int) -> None:
    store = call.store
    shown_by = [each for each in store.variants.rows.values() if file_id in each["media"]]
    for variant in shown_by:
        kept = [each for each in variant["media"] if each != file_id]
        goods.put_variant(store, variant | {"media": kept}, variant)
    for product in store.products.where("media", file_id):
        kept = [each for each in product["media"] if each != file_id]
        goods.put_product(store, product | {"media": kept})
    store.drop_file(store.media.rows[file_id]["path"])
    store.media.drop(file_id)


def stage(call: Call, args: dict[str, Any]) -> Mapping[str, Any]:
    """Say where files may be uploaded, and with which fields."""
    return {
        "stagedTargets": [_target(call, each) for each in args["input"]],
        "userErrors": [],
    }


def _target(call: Call, given: Mapping[str, Any]) -> Mapping[str, Any]:
    store = call.store
    number = store.take_id()
    key = f"tmp/{store.fact('shop_id')}/bulk/{number}/{given['filename']}"
    store.staged.put(
        {
            "id": number,
            "key": key,
            "resource": given["resource"],
            "mime_type": given["mimeType"],
            "is_filled": False,
            "created": store.now(),
        }
    )
    base = f"{store.settings.storage_url}/uploads"
    is_bulk = given["resource"] == "BULK_MUTATION_VARIABLES"
    resource_url = None if is_bulk else f"{base}/{key}"
    if given.get("httpMethod", "PUT") == "PUT":
        fields = {"content_type": given["mimeType"], "acl": "private"}
        url = f"{base}/{key}?signature=twin"
    else:
        url = f"{base}/"
        fields = {
            "key": key,
            "Content-Type": given["mimeType"],
            "success_action_status": "201",
            "acl": "private",
            "policy": "twin",
            "x-goog-signature": f"{number:x}",
        }
    parameters = [{"name": name, "value": value} for name, value in fields.items()]
    return {"url": url, "resourceUrl": resource_url, "parameters": parameters}
