"""The editor's side: LSP messages in, LSP messages out; one file for each method.

pygls and lsprotocol are at home here and nowhere else. Handlers take an immutable snapshot before their first await,
hand it to `workflow`, and turn the outcome into LSP types. Automatic features answer empty instead of failing.
"""
