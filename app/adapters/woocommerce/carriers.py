"""Our names of carriers → theirs: of core fulfilments, and of the tracking extensions."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Carrier:
    """What a carrier is called; None: not known there, so it goes under its own name and link."""

    core: str | None = None
    extension: str | None = None


TABLE: Final[Mapping[str, Carrier]] = {
    "ups": Carrier("ups", "UPS"),
    "usps": Carrier("usps", "USPS"),
    "fedex": Carrier("fedex", "Fedex"),
    "dhl": Carrier("dhl", "DHL"),
    "dhl express": Carrier("dhl", "DHL Express"),
    "deutsche post": Carrier(None, "Deutsche Post DHL"),
    "deutsche post dhl": Carrier(None, "Deutsche Post DHL"),
    "hermes": Carrier(None, "Hermes"),
    "dpd": Carrier("dpd", "DPD.de"),
    "dpd de": Carrier("dpd", "DPD.de"),
    "dpd uk": Carrier("dpd", "DPD.co.uk"),
    "royal mail": Carrier("royal-mail", "Royal Mail"),
    "parcelforce": Carrier(None, "ParcelForce"),
    "an post": Carrier(None, "An Post"),
    "australia post": Carrier("australia-post", "Australia Post"),
    "canada post": Carrier("canada-post", "Canada Post"),
    "nz post": Carrier(None, "NZ Post"),
    "colissimo": Carrier(None, "Colissimo"),
    "bpost": Carrier(None, "bpost"),
    "postnl": Carrier(None, "PostNL"),
    "correios": Carrier(None, "Correios"),
    "ontrac": Carrier(None, "OnTrac"),
    "post.at": Carrier(None, "post.at"),
}
_UNKNOWN: Final = Carrier()


def carrier(name: str) -> Carrier:
    """Look a carrier up by our name for it."""
    return TABLE.get(
        " ".join(name.replace("-", " ").replace("_", " ").casefold().split()), _UNKNOWN
    )
