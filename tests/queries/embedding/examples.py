"""Texts that every embedder is tried on."""

# A question, the same in other words, and another one in the same language.
ENGLISH = [
    ("I want my money back", "Can I get a refund?", "What are your opening hours?"),
    ("How do I change my password?", "I need a new login code", "Do you sell gift cards?"),
    ("where is my parcel", "track my delivery", "talk to a human please"),
]
OTHERS = [
    ("Wo ist mein Paket?", "Wann kommt meine Lieferung an?", "Ich habe mein Passwort vergessen"),
    ("¿Dónde está mi pedido?", "Quiero rastrear mi envío", "¿A qué hora abren ustedes?"),
    ("Où est mon colis ?", "Suivre ma livraison", "Je veux changer mon mot de passe"),
    ("荷物はどこですか", "配送状況を知りたい", "営業時間を教えてください"),
    ("Где моя посылка?", "Когда придёт моя доставка?", "Как сменить пароль?"),
]
ACROSS = [
    ("Where is my parcel?", "Wo ist mein Paket?", "I forgot my password"),
    ("I want to cancel my order", "Quiero cancelar mi pedido", "What are your opening hours?"),
]
ODD = [
    "", "   ", "😀" * 10_000, "\ud800", "a\udfffb", "\0", "\u200b", "<b>refund</b>", "=1+1",
    "word " * 20_000, "refund возврат 退款 استرداد", "x" * 100_000,
]  # fmt: skip
MANY = [
    f"{verb} my {thing} {when}".strip()
    for verb in ("cancel", "where is", "I want to pay for")
    for thing in ("order", "hotel room", "subscription")
    for when in ("", "today", "as soon as you can please", "because " * 9, "because " * 90)
]
