"""Arabic."""

FTL = """
viewed-today = شوهد اليوم: { $product }
viewed-yesterday = شوهد أمس: { $product }
viewed-earlier = شوهد { $ago }: { $product }
in-basket = في سلة التسوق: { $product }
in-stock = { $count ->
    [zero] غير متوفر
    [one] قطعة واحدة
    [two] قطعتان
    [few] { $count } قطع
   *[other] { $count } قطعة
  }، { $place }
in-stock-size = المقاس { $size }: { $count ->
    [zero] غير متوفر
    [one] قطعة واحدة
    [two] قطعتان
    [few] { $count } قطع
   *[other] { $count } قطعة
  }، { $place }
order = الطلب جاهز، { $desk }
appointment = موعد الساعة { $time }، { $desk }
ticket = طلب خدمة مفتوح منذ { $day }؛ لا عروض
ticket-earlier = طلب خدمة مفتوح منذ { $date }؛ لا عروض
need = المطلوب: { $need }
why = بموافقة الشخص الموجود هنا الآن.
group = أهلاً بعودتكم
thanks = شكراً لكم
"""
