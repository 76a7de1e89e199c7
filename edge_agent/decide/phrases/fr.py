"""French."""

FTL = """
viewed-today = Vu aujourd’hui : { $product }
viewed-yesterday = Vu hier : { $product }
viewed-earlier = Vu { $ago } : { $product }
in-basket = Dans le panier : { $product }
in-stock = { $count } en stock, { $place }
in-stock-size = Taille { $size } : { $count } en stock, { $place }
order = Commande prête, { $desk }
appointment = Rendez-vous à { $time }, { $desk }
ticket = Demande ouverte depuis { $day } ; aucune offre
ticket-earlier = Demande ouverte depuis le { $date } ; aucune offre
need = Besoin : { $need }
why = Avec l’accord de la personne, qui est ici en ce moment.
group = Heureux de vous revoir
thanks = Merci
"""
