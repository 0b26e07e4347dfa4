"""One task from a document to an outcome: shared by the language server and the terminal, and knowing neither."""
