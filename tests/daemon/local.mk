# tests/daemon/: unit tests of daemon/
