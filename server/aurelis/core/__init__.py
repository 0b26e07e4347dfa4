"""What every other room may know: plain data, errors, ports and text arithmetic.

Nothing here does input or output, and nothing here imports more than the standard library and attrs.
"""
