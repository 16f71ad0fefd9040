# tests/client/: unit tests of client/
