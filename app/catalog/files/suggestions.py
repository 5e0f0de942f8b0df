"""What a column of an unknown file probably holds, by its name in several languages."""

import re
from collections.abc import Sequence
from typing import Final

from babel import Locale

from app.catalog.files.cells import fold
from app.catalog.files.types import ColumnMapping

LISTS: Final = ","
_CURRENCY: Final = re.compile(r"(?P<field>.+?) ?[(\[]?(?P<code>[a-z]{3})[)\]]?")
_CURRENCIES: Final = frozenset(str(code).lower() for code in Locale("en", "US").currencies)
_NUMBERED: Final = re.compile(r"(?:image|bild|photo|foto|picture|img)(?: url| link)? ?\d+(?: url)?")
_WORDS: Final = {
    "key": "handle|url key|slug|parent sku|parent|group|group id|item group id|product id"
    "|style|style number|model number|artikelgruppe|gruppe|hauptartikel|vaterartikel|token",
    "title": "title|name|product name|product|item name|название|наименование|товар|nome do produto"
    "|título do produto|nazwa|nazwa produktu|namn|produktnamn"
    "|item title|product title|titel|bezeichnung"
    "|artikelname|produktname|artikelbezeichnung|produkttitel|titre|nom|nom du produit|titulo"
    "|título|nombre|nombre del producto|naam|productnaam|titolo|nome|nome prodotto",
    "description": "description|body|body html|product description|long description|beschreibung"
    "|описание|opis|beskrivning|artikelbeschreibung|langbeschreibung"
    "|produktbeschreibung|description longue|descripcion"
    "|descripción|omschrijving|beschrijving|descrizione|details",
    "short_description": "short description|summary|excerpt|subtitle|kurzbeschreibung|kurztext"
    "|description courte|descripcion corta|descripción corta|korte omschrijving",
    "status": "status|state|published|active|enabled|product online|aktiv|veröffentlicht|statut"
    "|estado|actief|stato",
    "brand": "brand|vendor|manufacturer|make|marke|hersteller|fabricant|marque|marca|fabricante"
    "|merk|produttore",
    "condition": "condition|item condition|zustand|artikelzustand|état|estado del producto",
    "categories": "category|categories|product type|product category|type|kategorie|kategorien"
    "|warengruppe|produktkategorie|catégorie|categorie|catégories|categoria|categoría"
    "|categorías|productgroep",
    "tags": "tags|tag|keywords|labels|schlagworte|schlagwörter|stichworte|suchbegriffe"
    "|étiquettes|mots-clés|etiquetas|palabras clave|trefwoorden",
    "sku": "sku|item number|item no|item no.|article number|article no|product code|part number"
    "|stock code|code|artikelnummer|artikelnr|artikelnr.|art.-nr.|art-nr|artnr|bestellnummer"
    "|артикул|symbol|kod produktu|artikelnr|händler-sku"
    "|référence|reference|ref|referencia|código|codigo|artikelcode|codice|variant sku|seller sku",
    "gtin": "gtin|ean|ean13|ean-13|ean code|upc|barcode|isbn|gtin/ean|ean/gtin|strichcode"
    "|code-barres|código de barras|codice a barre|streepjescode",
    "mpn": "mpn|manufacturer part number|herstellernummer|hersteller-nr.|hersteller artikelnummer",
    "price": "price|regular price|unit price|selling price|retail price|msrp|list price|rrp"
    "|price tax excluded|price tax included|цена|preço|cena|pris|vk brutto|preis brutto"
    "|preis|verkaufspreis|vk|vk-preis|bruttopreis|listenpreis|uvp|prix|prix de vente|precio"
    "|precio de venta|prijs|verkoopprijs|prezzo",
    "sale_price": "sale price|special price|discount price|offer price|angebotspreis|sonderpreis"
    "|aktionspreis|prix promo|prix soldé|precio de oferta|precio rebajado|actieprijs",
    "cost": "cost|cost price|cost per item|purchase price|wholesale price|einkaufspreis|ek"
    "|ek-preis|prix d'achat|coste|precio de coste|inkoopprijs",
    "sale_from": "sale from|sale start|sale starts|sale price from|sale start date|angebot ab"
    "|angebot von|sonderpreis von|special price from",
    "sale_to": "sale to|sale end|sale ends|sale price to|sale end date|angebot bis"
    "|sonderpreis bis|special price to",
    "quantity": "quantity|qty|stock|inventory|stock quantity|on hand|available|in stock|menge"
    "|current quantity|количество|остаток|quantidade|estoque|ilość|lager|bestand"
    "|lagerbestand|anzahl|lagermenge|verfügbar|quantité|stock disponible|cantidad"
    "|existencias|voorraad|aantal|quantità|giacenza",
    "backorders": "backorders|backorder|allow backorders|nachbestellung|überverkauf",
    "weight": "weight|shipping weight|net weight|gewicht|artikelgewicht|versandgewicht|poids|peso",
    "length": "length|depth|länge|tiefe|longueur|profondeur|largo|lengte|lunghezza",
    "width": "width|breite|largeur|ancho|breedte|larghezza",
    "height": "height|höhe|hauteur|alto|altura|hoogte|altezza",
    "images": "image|images|image url|image link|image src|photo|photos|picture|pictures|main image"
    "|additional image link|bild|bilder|bild-url|bildlink|bild url|hauptbild|imagen|imágenes"
    "|imagenes|afbeelding|afbeeldingen|immagine|immagini|img|image urls",
    "image_alt": "image alt|alt text|image alt text|alternativtext|bildbeschreibung"
    "|texte alternatif",
    "option:Color": "color|colour",
    "option:Farbe": "farbe",
    "option:Couleur": "couleur",
    "option:Size": "size",
    "option:Variation": "variation name",
    "option:Größe": "größe|grösse|groesse",
    "option:Taille": "taille",
    "attribute:Material": "material|fabric",
    "attribute:Gender": "gender|geschlecht",
    "attribute:Pattern": "pattern|muster",
}
_TARGETS: Final = {
    word: target for target, words in _WORDS.items() for word in map(fold, words.split("|"))
}
_UNIT: Final = re.compile(r"\s*[(\[][^)\]]*[)\]]\s*$")
_REPEATABLE: Final = ("images",)


def split_target(target: str) -> tuple[str, str]:
    """Split "option:Color" into what it is and its name; most targets have no name."""
    kind, _, name = target.partition(":")
    return kind, name.strip()


def suggest(header: Sequence[str]) -> ColumnMapping:
    """Suggest a target for each column whose name speaks; options need a key to vary by."""
    found: dict[str, str] = {}
    taken: set[str] = set()
    for title in header:
        target = _target(title)
        if target is None or (target in taken and target not in _REPEATABLE):
            continue
        taken.add(target)
        found[title] = target
    if "sku" not in taken and {"item group id", "image link"} & {fold(each) for each in header}:
        found.update((title, "sku") for title in header if fold(title) == "id")  # Google's feed
    if "key" not in taken:
        found = {title: target.replace("option:", "attribute:") for title, target in found.items()}
    return ColumnMapping(found)


def _target(title: str) -> str | None:
    word = fold(title).rstrip(" *#:")
    if target := _TARGETS.get(word) or _price(word) or _TARGETS.get(_UNIT.sub("", word)):
        return target
    if _NUMBERED.fullmatch(word):
        return "images"
    return None


def _price(word: str) -> str | None:
    """Return the target of a price that names its currency: Price (EUR)."""
    match = _CURRENCY.fullmatch(word)
    field = _TARGETS.get(match["field"]) if match else None
    if match is None or field not in ("price", "sale_price") or match["code"] not in _CURRENCIES:
        return None
    return f"{field}:{match['code'].upper()}"
