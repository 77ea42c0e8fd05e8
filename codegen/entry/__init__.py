"""Native entries: functions that Python calls with the user's arguments.

An entry checks that the call is one that a compiled program was made for (types, dtypes, shapes,
strides, captured objects), takes the arrays' memory, calls the kernel and builds the result, with
CPython's calling convention for fast calls and nothing of Python in between. Whatever it does not
expect it hands on, untouched, to the general path. What it expects is a `form`; `emit` writes it.
"""
