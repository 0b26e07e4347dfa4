"""What a model's words mean: blocks, diffs, search/replace, whole files, bare code, ghost text, or nothing.

A reply and the code that it is about come in; the new text comes out, or None with a short reason.
"""
