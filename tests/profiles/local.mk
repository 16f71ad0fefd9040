# tests/profiles/: unit tests of profiles/
