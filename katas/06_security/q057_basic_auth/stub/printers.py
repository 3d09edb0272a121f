# Printer name -> secret. The restaurants choose the secrets themselves.
printers: dict[str, str] = {
    "grill": "hot:coals:7",
    "bar": "two-ice-cubes",
}

# Printer name -> tickets that wait to be printed.
queues: dict[str, list[str]] = {
    "grill": ["table 4: trout"],
    "bar": ["table 4: cider"],
}
