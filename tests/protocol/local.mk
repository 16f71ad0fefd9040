# tests/protocol/: unit tests of protocol/
