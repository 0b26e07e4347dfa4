"""Settings: where they come from, what they may be, and who may set them.

In come plain tables (files, environment, editor); out goes one frozen `Settings` tree and a list of problems. Nothing
here ever stops the server. Start-up imports this room, so it needs no more than the standard library and attrs.
"""
