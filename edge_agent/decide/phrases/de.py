"""German."""

FTL = """
viewed-today = Heute angesehen: { $product }
viewed-yesterday = Gestern angesehen: { $product }
viewed-earlier = Angesehen { $ago }: { $product }
in-basket = Im Warenkorb: { $product }
in-stock = { $count } auf Lager, { $place }
in-stock-size = Größe { $size }: { $count } auf Lager, { $place }
order = Bestellung bereit, { $desk }
appointment = Termin um { $time }, { $desk }
ticket = Offenes Anliegen seit { $day }; keine Angebote
ticket-earlier = Offenes Anliegen seit { $date }; keine Angebote
need = Gesucht: { $need }
why = Mit Einwilligung der Person, die gerade hier steht.
group = Willkommen zurück
thanks = Vielen Dank
"""
