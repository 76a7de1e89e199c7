"""English. Every other language has the same sentences with the same slots."""

FTL = """
viewed-today = Viewed { $product } today
viewed-yesterday = Viewed { $product } yesterday
viewed-earlier = Viewed { $product } { $ago }
in-basket = In the web basket: { $product }
in-stock = { $count } in stock, { $place }
in-stock-size = Size { $size }: { $count } in stock, { $place }
order = Order ready, { $desk }
appointment = Appointment at { $time }, { $desk }
ticket = Open ticket since { $day }; no offers
ticket-earlier = Open ticket since { $date }; no offers
need = Looking for: { $need }
why = The customer allowed clerks to see this, and is here now.
group = Welcome back
thanks = Thank you
"""
