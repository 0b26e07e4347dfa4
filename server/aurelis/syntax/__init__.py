"""What a document's syntax tree tells: enclosing definitions, imports, names in reach, and whether it parses.

Texts and offsets come in, plain data goes out; tree-sitter stays inside this room and is imported by the first call
that needs it, never by importing the room. A language without a grammar, or a text too long to parse, gives None or
empty answers, and callers do without.
"""
