"""What a prompt shows of the code: the lines to work on, what is around them, other documents, within a budget."""
