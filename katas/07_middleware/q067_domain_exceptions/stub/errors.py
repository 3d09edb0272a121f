"""What can go wrong at a kayak rental. README.md tells which exceptions belong here."""
