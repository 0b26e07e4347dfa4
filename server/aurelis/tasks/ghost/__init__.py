"""Ghost text: from what a model said to the text that belongs at the cursor."""
