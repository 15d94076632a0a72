"""How the numbers were made from which the shipped model learns; nothing that runs imports this."""
