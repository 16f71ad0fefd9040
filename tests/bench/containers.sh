#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# usage: tests/bench/containers.sh BUILD PROFILE.json
#
# What a container's start costs with crun: without a filter, with the rules of a profile as JSON, and
# with the filter from secprofd; and what hook and shim cost. All in turn, medians.
# Engines keep bundles in /run, which is in memory.
for dir in /run /dev/shm; do
    options=$(findmnt -n -t tmpfs -o OPTIONS "$dir") && [ -w "$dir" ] || continue
    case ,$options, in *,noexec,*) ;; *) export TMPDIR=$dir; break ;; esac
done
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../e2e/lib.sh"
here=$here/../e2e
# shellcheck source=tests/e2e/oci-lib.sh
. "$here/oci-lib.sh"

rounds=${SECPROF_ROUNDS:-101}
profile=${2:?usage: containers.sh BUILD PROFILE.json}

need crun jq
need_cg2
build_probe
start_daemon
install -m 644 "$profile" "$D/profiles/measured.json"
ctl reload >/dev/null
make_bundle "$bundle" || { not_ok "crun spec"; finish; }
jq '.process.args = ["/probe", "getpid"]' "$D/plain.json" > "$D/none.json"
jq '.annotations["io.secprof.profile"] = "measured"' "$D/none.json" > "$D/named.json"
program secprof-oci-hook
"$D/bin/secprof-oci-hook" --allow='*' < "$D/named.json" > "$D/filter.json" || { not_ok "the hook"; finish; }
jq 'del(.annotations)' "$D/filter.json" > "$D/json.json"
printf 'allow = *\n' > "$D/runtime.conf"
export SECPROF_RUNTIME_CONFIG=$D/runtime.conf LD_LIBRARY_PATH=$build/.libs

programs=$build/.libs
[ -x "$programs/secprof-runtime" ] || programs=$build
global="--root $D/root --cgroup-manager=disabled"
run="$global run -b $bundle measured"
# shellcheck disable=SC2086
cg2 "$build/tests/bench/bench-commands" "$bundle/config.json" "$rounds" \
    none "$D/none.json" crun $run , \
    json "$D/json.json" crun $run , \
    filter "$D/filter.json" crun $run , \
    shim-none "$D/none.json" "$programs/secprof-runtime" $run , \
    shim-named "$D/named.json" "$programs/secprof-runtime" $run , \
    shim-content "$D/json.json" "$programs/secprof-runtime" $run , \
    hook-none "$D/none.json" "$programs/secprof-oci-hook" , \
    hook-named "$D/named.json" "$programs/secprof-oci-hook" '--allow=*' , \
    hook-content "$D/json.json" "$programs/secprof-oci-hook" , \
    version "$D/none.json" crun --version , \
    shim-version "$D/none.json" "$programs/secprof-runtime" --version \
    > "$D/times" || { not_ok "the measurement"; finish; }
awk '
    { us[$1] = $2 }
    function row(what, name) { printf "  %-44s %7.2f ms  %5.2f\n", what, us[name] / 1000, us[name] / us["none"] }
    END {
        print "start of a container with crun, from exec to its end; beside it as a part of that without a filter"
        row("no filter", "none")
        row("the rules as JSON, compiled by crun", "json")
        row("the filter in the configuration", "filter")
        row("by secprof-runtime, no filter", "shim-none")
        row("by secprof-runtime, a profile by name", "shim-named")
        row("by secprof-runtime, the same rules by content", "shim-content")
        printf "  the runtime itself with a filter / without: %.2f (goal 1.05)\n", us["filter"] / us["none"]
        printf "  JSON / filter: %.1f (goal 3.0); JSON / by secprof-runtime: named %.1f, content %.1f\n",
            us["json"] / us["filter"], us["json"] / us["shim-named"], us["json"] / us["shim-content"]
        printf "  secprof-oci-hook alone: no filter %.2f ms, named %.2f ms, content %.2f ms\n",
            us["hook-none"] / 1000, us["hook-named"] / 1000, us["hook-content"] / 1000
        printf "  secprof-runtime before another command: %.2f ms\n", (us["shim-version"] - us["version"]) / 1000
    }' "$D/times"
