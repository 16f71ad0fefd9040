# tests/compiler/: unit tests of compiler/
