"""Settings into parts: what `app.py` is made with. The only place that knows all rooms of layer 2 at once.

Nothing here is imported before the server has answered `initialize`, because the parts are heavy.
"""
