"""Every word that leaves the house: the intent is committed, then it is sent, then it is marked."""
