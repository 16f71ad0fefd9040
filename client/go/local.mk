# SPDX-License-Identifier: LGPL-2.1-or-later
# client/go/: a package of Go. It is not built here: programs in Go take it as a module.
EXTRA_DIST += \
	client/go/README.md \
	client/go/caps.go \
	client/go/command.go \
	client/go/errors.go \
	client/go/example/oci-exec/main.go \
	client/go/example_test.go \
	client/go/filter.go \
	client/go/go.mod \
	client/go/install.go \
	client/go/profiles.go \
	client/go/secprof.go \
	client/go/secprof_test.go \
	client/go/wire.go
