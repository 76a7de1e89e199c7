"""Italian."""

FTL = """
viewed-today = Visto oggi: { $product }
viewed-yesterday = Visto ieri: { $product }
viewed-earlier = Visto { $ago }: { $product }
in-basket = Nel carrello: { $product }
in-stock = { $count ->
    [one] { $count } pezzo
   *[other] { $count } pezzi
  } in negozio, { $place }
in-stock-size = Taglia { $size }: { $count ->
    [one] { $count } pezzo
   *[other] { $count } pezzi
  } in negozio, { $place }
order = Ordine pronto, { $desk }
appointment = Appuntamento: { $time }, { $desk }
ticket = Richiesta aperta da { $day }; nessuna offerta
ticket-earlier = Richiesta aperta dal { $date }; nessuna offerta
need = Cerca: { $need }
why = Con il consenso della persona, che è qui adesso.
group = Bentornati
thanks = Grazie
"""
