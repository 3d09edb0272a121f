"""A pack of two small katas, offered to the kit as another distribution would do it."""
