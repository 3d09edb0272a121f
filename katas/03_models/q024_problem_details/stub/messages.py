"""Texts for error codes, by language. `*` stands for every code without a text. More languages come and go."""

TITLES: dict[str, str] = {
    "en": "Your request has mistakes.",
    "de": "Die Anfrage enthält Fehler.",
    "fr": "La demande contient des erreurs.",
}
TEXTS: dict[str, dict[str, str]] = {
    "en": {
        "*": "This value cannot be used.",
        "missing": "Please fill this in.",
        "string_too_short": "At least {min_length} characters, please.",
        "iban_checksum": "The check number of this IBAN for {country} is wrong.",
    },
    "de": {
        "*": "Dieser Wert geht nicht.",
        "missing": "Bitte ausfüllen.",
        "string_too_short": "Bitte mindestens {min_length} Zeichen.",
    },
    "fr": {"*": "Cette valeur ne convient pas.", "missing": "À remplir."},
}
