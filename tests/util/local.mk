# tests/util/: unit tests of util/
