"""Which fields go with success, among the conversations that could have them."""
