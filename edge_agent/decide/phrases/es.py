"""Spanish."""

FTL = """
viewed-today = Visto hoy: { $product }
viewed-yesterday = Visto ayer: { $product }
viewed-earlier = Visto { $ago }: { $product }
in-basket = En la cesta: { $product }
in-stock = { $count ->
    [one] { $count } unidad
   *[other] { $count } unidades
  } en tienda, { $place }
in-stock-size = Talla { $size }: { $count ->
    [one] { $count } unidad
   *[other] { $count } unidades
  } en tienda, { $place }
order = Pedido listo, { $desk }
appointment = Cita: { $time }, { $desk }
ticket = Consulta abierta desde el { $day }; sin ofertas
ticket-earlier = Consulta abierta desde el { $date }; sin ofertas
need = Busca: { $need }
why = Con el permiso de la persona, que está aquí ahora.
group = Nos alegra verles de nuevo
thanks = Gracias
"""
