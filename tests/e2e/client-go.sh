#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# client/go: its tests against a secprofd, and against the server of grown_server.py; and its example,
# which starts a container's program as an OCI runtime does.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

need go gofmt python3 jq
go_sources=$here/../../client/go

# Nothing is fetched, and nothing written outside of this test's directory.
export GOFLAGS=-mod=mod GOPROXY=off GOTOOLCHAIN=local CGO_ENABLED=0
export GOPATH=$D/go GOCACHE=$D/go-cache XDG_CONFIG_HOME=$D

more_clean_up()
{
    [ -z "${grown:-}" ] || kill "$grown"
}

cp -r "$go_sources" "$D/src" && cd "$D/src" || exit 2

is "gofmt finds nothing" "$(gofmt -l . 2>&1)" ""
if out=$(go vet ./... 2>&1); then ok "go vet finds nothing"; else not_ok "go vet: $out"; fi
is "it needs nothing but the standard library" \
    "$(go list -deps -f '{{if not .Standard}}{{.ImportPath}}{{end}}' . 2>&1)" secprof.io/secprof
for arch in 386 s390x; do
    if out=$(GOARCH=$arch go build ./... 2>&1); then ok "it builds for $arch"; else not_ok "$arch: $out"; fi
done

mkdir "$D/profiles"
cat > "$D/profiles/p.json" <<'END'
{"defaultAction": "SCMP_ACT_ALLOW",
 "syscalls": [{"names": ["getcwd"], "action": "SCMP_ACT_ERRNO", "errnoRet": 42}]}
END
cat > "$D/profiles/c.json" <<'END'
{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
 {"names": ["mount"], "action": "SCMP_ACT_ERRNO", "excludes": {"caps": ["CAP_SYS_ADMIN"]}},
 {"names": ["ptrace"], "action": "SCMP_ACT_ERRNO", "excludes": {"minKernel": "4.8"}}]}
END
echo '{' > "$D/profiles/broken.json"
start_daemon

python3 "$here/grown_server.py" "$D/grown" > "$D/grown.out" &
grown=$!
for _ in $(seq 600); do
    [ ! -s "$D/grown.out" ] || break
    sleep 0.1
done

export SECPROF_TEST_PROFILES=$D/profiles SECPROF_TEST_GROWN=$D/grown
go test -count=1 -v . > "$D/go.out" 2>&1
while IFS= read -r line; do
    case $line in
    "--- PASS: "*) line=${line#--- PASS: }; ok "${line% (*}" ;;
    "--- SKIP: "*) not_ok "skipped: $line" ;;
    "--- FAIL: "*) not_ok "$line" ;;
    esac
done < "$D/go.out"
if grep -q '^ok' "$D/go.out"; then ok "go test"; else not_ok "go test: $(cat "$D/go.out")"; fi

# The example: a root file system with one static program, and no /proc.
[ "$(id -u)" -eq 0 ] || { skip "the example: not root"; finish; }
go build -o "$D/oci-exec" ./example/oci-exec || not_ok "the example builds"
build_probe
mkdir -p "$D/bundle/root/bin"
cp "$D/probe" "$D/bundle/root/bin/"

# run_bundle SECCOMP ANNOTATIONS: what a container with these parts of its configuration prints.
run_bundle()
{
    jq -n --arg probes "$probes" --argjson seccomp "$1" --argjson annotations "$2" '{
        process: {args: (["probe"] + ($probes | split(" "))), env: ["PATH=/bin"], cwd: "/",
                  capabilities: {bounding: ["CAP_CHOWN"]}},
        root: {path: "root"}, linux: {seccomp: $seccomp}, annotations: $annotations}' \
        > "$D/bundle/config.json"
    "$D/oci-exec" "$D/bundle" 2>&1
}

is "the example: by name" "$(run_bundle null '{"io.secprof.profile": "default"}' | xargs)" "$under_default"
is "by content" "$(run_bundle "$(cat "$here/profiles/marker.json")" '{}' | xargs)" "$under_marker"
is "the name counts where there are both" \
    "$(run_bundle "$(cat "$here/profiles/marker.json")" '{"io.secprof.profile": "default"}' | xargs)" "$under_default"
has "an unknown name starts nothing" "^oci-exec: secprof: no such profile" \
    "$(run_bundle null '{"io.secprof.profile": "nosuch"}')"
has "nor does a container without a profile" "^oci-exec: the container has no profile" "$(run_bundle null '{}')"
stop_daemon
has "nor one without the daemon" "^oci-exec: dial unixpacket .*connect: (connection refused|no such file)" \
    "$(run_bundle null '{"io.secprof.profile": "default"}')"
finish
