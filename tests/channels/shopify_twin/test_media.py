"""Files: taken in, finished later, failed, shown on products and variants."""

from typing import Any

import pytest

from app.simulators.shopify import Quirk, StoreState, TwinSettings
from tests.channels.shopify_twin.documents import (
    FILE_CREATE,
    FILE_STATUS,
    PRODUCT_SET,
    PRODUCT_UPDATE,
    STAGE,
    VARIANTS_UPDATE,
)
from tests.channels.shopify_twin.world import PICTURE, World

FILE_UPDATE = """
mutation Update($files: [FileUpdateInput!]!) {
  fileUpdate(files: $files) { files { id alt } userErrors { field message code } }
}
"""
FILE_DELETE = """
mutation Delete($ids: [ID!]!) {
  fileDelete(fileIds: $ids) { deletedFileIds userErrors { field message code } }
}
"""


def _set(world: World, **given: Any) -> dict[str, Any]:
    told = world.ask(PRODUCT_SET, input={"title": "Mug"} | given, now=True)["productSet"]
    assert told["userErrors"] == []
    return told["product"]


def _status(world: World, *ids: str) -> list[dict[str, Any]]:
    return world.ask(FILE_STATUS, ids=list(ids))["nodes"]


def test_a_picture_is_uploaded_at_first_and_ready_later(world: World) -> None:
    product = _set(world, files=[{"originalSource": PICTURE, "alt": "A mug"}])
    (medium,) = product["media"]["nodes"]

    (ready,) = _status(world, medium["id"])

    assert (medium["status"], medium["alt"]) == ("UPLOADED", "A mug")
    assert (ready["status"], ready["mimeType"]) == ("READY", "image/png")
    assert (ready["image"]["width"], ready["image"]["height"]) == (4, 4)
    assert world.http.get(ready["image"]["url"]).content.startswith(b"\x89PNG")


def test_a_picture_takes_its_time() -> None:
    world = World(TwinSettings(media_seconds=10))
    told = world.ask(FILE_CREATE, files=[{"originalSource": PICTURE}])["fileCreate"]
    seen = []
    for _ in range(4):
        (file,) = _status(world, told["files"][0]["id"])
        seen.append(file["status"])
        world.clock.pass_seconds(8)

    assert seen == ["UPLOADED", "UPLOADED", "PROCESSING", "READY"]
    assert file["image"] is not None


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("missing.png", "IMAGE_DOWNLOAD_FAILURE"),
        ("text.png", "UNSUPPORTED_IMAGE_FILE_TYPE"),
        ("huge.png", "INVALID_IMAGE_RESOLUTION"),
    ],
)
def test_a_bad_picture_fails_later_not_at_once(world: World, name: str, code: str) -> None:
    product = _set(world, files=[{"originalSource": f"https://pics.test/{name}"}])

    (file,) = _status(world, product["media"]["nodes"][0]["id"])

    assert (file["status"], file["image"]) == ("FAILED", None)
    assert [error["code"] for error in file["mediaErrors"]] == [code]


def test_processing_may_fail(world: World, store: StoreState) -> None:
    store.next(Quirk.MEDIA_FAILS)
    product = _set(world, files=[{"originalSource": PICTURE}])

    (file,) = _status(world, product["media"]["nodes"][0]["id"])

    assert file["mediaErrors"][0]["code"] == "IMAGE_PROCESSING_FAILURE"


def test_the_same_source_again_is_another_copy(world: World, store: StoreState) -> None:
    first = _set(world, files=[{"originalSource": PICTURE}])
    body = {"files": [{"originalSource": PICTURE}]}

    again = world.ask(PRODUCT_SET, identifier={"id": first["id"]}, input=body, now=True)
    media = again["productSet"]["product"]["media"]["nodes"]

    assert len(media) == 1
    assert media[0]["id"] != first["media"]["nodes"][0]["id"]
    assert store.counts()["files"] == 2


def test_the_id_of_a_file_keeps_it(world: World, store: StoreState) -> None:
    first = _set(world, files=[{"originalSource": PICTURE}])
    (medium,) = first["media"]["nodes"]
    body = {"files": [{"id": medium["id"], "alt": "New words"}]}

    again = world.ask(PRODUCT_SET, identifier={"id": first["id"]}, input=body, now=True)
    kept = again["productSet"]["product"]["media"]["nodes"]

    assert [(each["id"], each["alt"]) for each in kept] == [(medium["id"], "New words")]
    assert store.counts()["files"] == 1


def test_a_variants_file_is_one_of_the_products(world: World, store: StoreState) -> None:
    options = [{"name": "Title", "values": [{"name": "Default Title"}]}]
    row = {
        "optionValues": [{"optionName": "Title", "name": "Default Title"}],
        "file": {"originalSource": PICTURE},
    }
    good = _set(world, files=[{"originalSource": PICTURE}], productOptions=options, variants=[row])

    bad = world.ask(
        PRODUCT_SET, input={"title": "Cup", "productOptions": options, "variants": [row]}, now=True
    )["productSet"]

    shown = store.product(int(good["legacyResourceId"]))
    assert shown["images"][0]["variant_ids"] == [shown["variants"][0]["id"]]
    assert bad["userErrors"][0]["code"] == "INVALID_INPUT"


@pytest.mark.parametrize("source", ["nonsense", "ftp://pics.test/x.png", "http://127.0.0.1/x.png"])
def test_a_source_has_to_be_an_address_outside(world: World, source: str) -> None:
    told = world.ask(
        PRODUCT_SET, input={"title": "Mug", "files": [{"originalSource": source}]}, now=True
    )["productSet"]
    made = world.ask(FILE_CREATE, files=[{"originalSource": source}])["fileCreate"]

    assert told["userErrors"][0]["field"] == ["input", "files", "0", "originalSource"]
    assert made["userErrors"][0]["code"] == "INVALID_IMAGE_SOURCE_URL"


def test_a_staged_upload_is_a_source_too(world: World) -> None:
    wanted = {"resource": "IMAGE", "filename": "mug.png", "mimeType": "image/png"}
    (target,) = world.ask(STAGE, input=[wanted])["stagedUploadsCreate"]["stagedTargets"]
    picture = world.internet(world.http.build_request("GET", PICTURE)).content
    world.http.put(target["url"], content=picture)

    product = _set(world, files=[{"originalSource": target["resourceUrl"]}])

    (file,) = _status(world, product["media"]["nodes"][0]["id"])
    assert file["status"] == "READY"


def test_variants_take_ready_media_of_their_product_only() -> None:
    world = World(TwinSettings(media_seconds=5))
    mug, variant = world.add_mug()
    gid, own = f"gid://shopify/Product/{mug}", f"gid://shopify/ProductVariant/{variant}"
    media = [{"originalSource": PICTURE, "mediaContentType": "IMAGE"}]
    told = world.ask(PRODUCT_UPDATE, product={"id": gid}, media=media)["productUpdate"]
    (medium,) = told["product"]["media"]["nodes"]
    foreign = world.ask(FILE_CREATE, files=[{"originalSource": PICTURE}])["fileCreate"]["files"][0]

    def attach(file_id: str) -> list[str]:
        rows = [{"id": own, "mediaId": file_id}]
        told = world.ask(VARIANTS_UPDATE, id=gid, variants=rows)["productVariantsBulkUpdate"]
        return [error["code"] for error in told["userErrors"]]

    early = attach(medium["id"])
    for _ in range(3):
        world.clock.pass_seconds(5)
        _status(world, medium["id"])

    assert early == ["INVALID_INPUT"]
    assert attach(foreign["id"]) == ["MUST_BE_FOR_THIS_PRODUCT"]
    assert attach(medium["id"]) == []


def test_files_are_shown_changed_and_deleted(world: World, store: StoreState) -> None:
    mug, _ = world.add_mug()
    gid = f"gid://shopify/Product/{mug}"
    made = world.ask(FILE_CREATE, files=[{"originalSource": PICTURE, "alt": "One"}])
    (file,) = made["fileCreate"]["files"]
    change = {"id": file["id"], "alt": "Two", "referencesToAdd": [gid]}

    shown = world.ask(FILE_UPDATE, files=[change])["fileUpdate"]
    with_it = store.product(mug)["images"]
    gone = world.ask(FILE_DELETE, ids=[file["id"]])["fileDelete"]
    again = world.ask(FILE_DELETE, ids=[file["id"]])["fileDelete"]

    assert shown["files"] == [{"id": file["id"], "alt": "Two"}]
    assert [picture["alt"] for picture in with_it] == ["Two"]
    assert gone["deletedFileIds"] == [file["id"]]
    assert store.product(mug)["images"] == []
    assert again["userErrors"][0]["code"] == "FILE_DOES_NOT_EXIST"


def test_a_file_that_is_not_ready_cannot_be_changed() -> None:
    world = World(TwinSettings(media_seconds=60))
    made = world.ask(FILE_CREATE, files=[{"originalSource": PICTURE}])["fileCreate"]

    told = world.ask(FILE_UPDATE, files=[{"id": made["files"][0]["id"], "alt": "x"}])["fileUpdate"]

    assert told["userErrors"][0]["code"] == "NON_READY_STATE"


def test_names_alts_and_numbers_have_limits(world: World) -> None:
    named = {"originalSource": PICTURE, "filename": "mug.png"}
    world.ask(FILE_CREATE, files=[named])

    def code(*files: dict[str, Any]) -> str:
        told = world.ask(FILE_CREATE, files=list(files))["fileCreate"]
        return str(told["userErrors"][0]["code"])

    assert code(named | {"duplicateResolutionMode": "RAISE_ERROR"}) == "FILENAME_ALREADY_EXISTS"
    assert code({"originalSource": PICTURE, "alt": "x" * 513}) == "ALT_VALUE_LIMIT_EXCEEDED"
    assert code(*[{"originalSource": PICTURE}] * 251) == "TOO_MANY_ARGUMENTS"


def test_other_files_are_files(world: World) -> None:
    source = {"originalSource": "https://pics.test/text.pdf", "contentType": "FILE"}
    (file,) = world.ask(FILE_CREATE, files=[source])["fileCreate"]["files"]

    (ready,) = _status(world, file["id"])

    assert file["id"].startswith("gid://shopify/GenericFile/")
    assert (ready["fileStatus"], ready["originalFileSize"]) == ("READY", 17)
