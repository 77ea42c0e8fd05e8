"""The benchmark harness, `python -m adjit bench`: cases, peers, and what measures them.

`suites` says what is measured, `programs` has each case in the language of each peer, `peers`
knows how a library compiles and calls. `measure` runs them side by side in processes of their
own (`process`, `worker`), `check` compares the gradients before anything is timed, and `results`,
`report`, `plot` and `compare` say what came out.
"""
