"""The benchmarks, one file each: every figure in the README comes from a function here; knows no terminal."""
