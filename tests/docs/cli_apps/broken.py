import requets
