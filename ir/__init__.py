"""The intermediate representation: types, ops, text form, verifier, interpreter, passes."""
