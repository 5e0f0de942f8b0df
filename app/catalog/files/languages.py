"""WooCommerce names the columns of its file in the language of the shop: back into English."""

import re
from typing import Final

from app.catalog.files.cells import fold

_NAMES: Final = {  # English → German, Spanish, French, Italian, Dutch, Portuguese
    "type": "typ|tipo",
    "sku": "artikelnummer|art.-nr.|ugs|cod|artikelcode",
    "gtin": "gtin, upc, ean oder isbn|gtin, upc, ean o isbn|gtin, upc, ean ou isbn",
    "name": "nombre|nom|nome|naam",
    "published": "veröffentlicht|publicado|publié|pubblicato|gepubliceerd",
    "is featured?": "ist hervorgehoben?|¿está destacado?|mis en avant ?|in primo piano?"
    "|em destaque?|is uitgelicht?",
    "visibility in catalog": "sichtbarkeit im katalog|visibilidad en el catálogo"
    "|visibilité dans le catalogue|visibilità nel catalogo|visibilidade no catálogo"
    "|zichtbaarheid in catalogus",
    "short description": "kurzbeschreibung|descripción corta|description courte|breve descrizione"
    "|descrição curta|korte beschrijving",
    "description": "beschreibung|descripción|descrizione|descrição|beschrijving",
    "date sale price starts": "datum, an dem angebotspreis beginnt"
    "|día en que empieza el precio rebajado|date de début de promo",
    "date sale price ends": "datum, an dem angebotspreis endet"
    "|día en que termina el precio rebajado|date de fin de promo",
    "tax status": "steuerstatus|estado del impuesto|état de la tva|stato delle imposte",
    "in stock?": "vorrätig?|¿en inventario?|¿existencias?|en stock ?|em estoque?|op voorraad?",
    "stock": "bestand|lager|lagerbestand|inventario|estoque|voorraad|magazzino",
    "backorders allowed?": "lieferrückstande erlaubt?|lieferrückstände erlaubt?"
    "|rückstände erlaubt?|¿permitir reservas de productos agotados?"
    "|autoriser les commandes de produits en rupture ?|abilita gli ordini arretrati?",
    "weight": "gewicht|peso|poids",
    "length": "länge|longitud|longueur|lunghezza|comprimento|lengte",
    "width": "breite|anchura|ancho|largeur|larghezza|largura|breedte",
    "height": "höhe|altura|hauteur|altezza|hoogte",
    "sale price": "angebotspreis|precio rebajado|tarif promo|prezzo in offerta|preço promocional"
    "|actieprijs",
    "regular price": "regulärer preis|precio normal|tarif régulier|prezzo di listino|preço normal"
    "|reguliere prijs",
    "categories": "kategorien|categorías|catégories|categorie|categorias|categorieën",
    "tags": "schlagwörter|etiquetas|étiquettes|tag",
    "images": "bilder|imágenes|immagini|imagens|afbeeldingen",
    "parent": "übergeordnetes produkt|superior|genitore|ascendente|hoofdproduct",
    "brands": "marken|marcas|marques|marchi|merken",
}
_ENGLISH: Final = {word: name for name, words in _NAMES.items() for word in words.split("|")}
_SIZED: Final = re.compile(r"(.+) (\(.+\))")
_WORD: Final = r"at+ribut\w*"
_SLOT: Final = re.compile(
    rf"{_WORD} (?P<a>\d+) (?P<b>\S+)|(?P<c>\S+) (?:del |de l['’]|do |dell['’]){_WORD} (?P<d>\d+)"
)
_SLOT_NAMES: Final = ("name", "nombre", "nom", "nome", "naam")


def english(title: str) -> str:
    """Return a column's English name; what is none of WooCommerce's stays as it is."""
    word = fold(title)
    if word in _ENGLISH:
        return _ENGLISH[word]
    if sized := _SIZED.fullmatch(word):
        return f"{_ENGLISH.get(sized[1], sized[1])} {sized[2]}"
    if slot := _SLOT.fullmatch(word):
        what = slot["b"] or slot["c"]
        number = slot["a"] or slot["d"]
        if what in _SLOT_NAMES:
            return f"attribute {number} name"
        if "(" in what:
            return f"attribute {number} value(s)"
    return title
