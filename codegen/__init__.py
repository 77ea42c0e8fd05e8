"""Code generation: Graph -> schedule -> buffers -> LLVM -> a native function."""
