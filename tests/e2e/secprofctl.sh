#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# secprofctl against a real secprofd: every command, every format, every exit code, and that errors say
# what is wrong on stderr and leave stdout alone.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

need python3
start_daemon
cd "$D" || exit 2

# Runs secprofctl; leaves its exit code in $code, and its output in the files out and err.
run_ctl()
{
    ctl "$@" > out 2> err </dev/null
    code=$?
}

# refused NAME CODE PATTERN ARGUMENT…: that exit code, nothing on stdout, and words on stderr.
refused()
{
    local name=$1 wanted=$2 pattern=$3 said

    shift 3
    run_ctl "$@"
    said=$(cat err)
    if [ $code -ne "$wanted" ]; then
        not_ok "$name: exit code $code, wanted $wanted: $said"
    elif [ -s out ]; then
        not_ok "$name: something is on stdout"
    elif ! printf '%s\n' "$said" | grep -qE -- "$pattern"; then
        not_ok "$name: no match of '$pattern' in: $said"
    else
        ok "$name: $said"
    fi
}

# works NAME ARGUMENT…: exit code 0 and nothing on stderr.
works()
{
    local name=$1

    shift
    run_ctl "$@"
    if [ $code -eq 0 ] && [ ! -s err ]; then ok "$name"; else not_ok "$name: $code, $(cat err)"; fi
}

# json EXPRESSION: what Python makes of the JSON in `out`, called j.
json()
{
    python3 -c 'import json, sys; j = json.load(open("out")); print(eval(sys.argv[1]))' "$1"
}

as_nobody()
{
    setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
}

long=$(printf 'x%.0s' $(seq 128))
cat > "$D/profiles/notify.json" << 'END'
{"defaultAction": "SCMP_ACT_ALLOW", "listenerPath": "/run/listener.sock",
 "syscalls": [{"names": ["getppid"], "action": "SCMP_ACT_NOTIFY"}]}
END
cat > "$D/profiles/flags.json" << 'END'
{"defaultAction": "SCMP_ACT_ALLOW", "flags": ["SECCOMP_FILTER_FLAG_LOG"],
 "syscalls": [{"names": ["getppid"], "action": "SCMP_ACT_ERRNO", "errnoRet": 77}]}
END
cat > "$D/profiles/caps.json" << 'END'
{"defaultAction": "SCMP_ACT_ALLOW",
 "syscalls": [{"names": ["getppid"], "action": "SCMP_ACT_ERRNO", "errnoRet": 77,
               "excludes": {"caps": ["CAP_CHOWN"]}}]}
END
printf '{"defaultAction": "SCMP_ACT_ALOW"}\n' > broken.json

echo "-- getting"
works "get writes a filter" get default
cp out default.bpf
is "of whole instructions" 0 "$(($(wc -c < out) % 8))"
is "that returns last" 06 "$(tail -c 8 out | head -c 1 | od -An -tx1 | tr -d ' ')"
works "compile writes one" compile "$D/profiles/default.json"
if cmp -s out default.bpf; then ok "the same as the daemon's"; else not_ok "compile and get differ"; fi
works "get --format hex" get default --format hex
python3 -c 'print(bytes.fromhex(open("out").read()) == open("default.bpf", "rb").read())' > same
is "hex is the same bytes" True "$(cat same)"
works "get --format base64" get default --format base64
if base64 -d out | cmp -s - default.bpf; then ok "base64 is the same bytes"; else not_ok "base64 differs"; fi
works "get --format asm" get default --format asm
is "asm has a line for each instruction" "$(($(wc -c < default.bpf) / 8))" "$(grep -vc '^;' out)"
works "get --format c" get default --format c
{ cat out; echo '#include <unistd.h>
int main(void) { return write(1, secprof_default, sizeof(secprof_default)) < 0; }'; } > array.c
"${CC:-gcc}" -Wall -Wextra -Werror -o array array.c && ./array > array.bpf
if cmp -s array.bpf default.bpf; then ok "c is the same bytes"; else not_ok "c differs"; fi
works "get --json" --json get flags
is "it has the flags" "['SECCOMP_FILTER_FLAG_LOG'] 2" "$(json 'str(j["flags"]) + " " + str(j["filter_flags"])')"
is "and the filter with its digest" True "$(json '__import__("hashlib").sha256(
    __import__("base64").b64decode(j["filter"])).hexdigest() == j["digest"]')"
works "get --caps" get caps --caps cap_chown
cp out caps.bpf
works "get without them" get caps
if [ "$(wc -c < out)" -gt "$(wc -c < caps.bpf)" ]; then ok "is longer"; else not_ok "--caps changes nothing"; fi

echo "-- output"
works "-o writes a file" get default -o file.bpf
if cmp -s file.bpf default.bpf; then ok "with the filter"; else not_ok "-o differs"; fi
is "mode 644" 644 "$(stat -c %a file.bpf)"
works "-o - is stdout" get default -o -
if cmp -s out default.bpf; then ok "with the filter"; else not_ok "-o - differs"; fi
refused "-o into a directory that is not there" 7 'none/file' get default -o none/file
refused "compile of a broken file leaves" 1 'broken.json:1:19: error' compile broken.json -o file.bpf
if cmp -s file.bpf default.bpf; then ok "the old output alone"; else not_ok "the old output is gone"; fi
ctl get default 2> err > /dev/full; is "a full disk: exit code 7" 7 $?
has "and says so" 'cannot write' "$(cat err)"
ctl get default 2> err >&-; is "stdout closed: exit code 7" 7 $?
ctl list 2> err > /dev/full; is "list onto a full disk: exit code 7" 7 $?
python3 - "$build/secprofctl" > result << 'END'
import os, signal, subprocess, sys
# Nobody reads the pipe, and SIGPIPE is ignored.
reader, writer = os.pipe()
os.close(reader)
done = subprocess.run([sys.argv[1], "get", "default"], stdout=writer, stderr=subprocess.PIPE,
                      restore_signals=False, preexec_fn=lambda: signal.signal(signal.SIGPIPE, signal.SIG_IGN))
print("pipe", done.returncode, b"Broken pipe" in done.stderr)
# stdout is a terminal.
for arguments in (["get", "default"], ["compile", "profiles/default.json"],
                  ["get", "default", "--format", "hex"], ["get", "default", "-o", "tty.bpf"]):
    master, slave = os.openpty()
    done = subprocess.run([sys.argv[1]] + arguments, stdout=slave, stderr=subprocess.PIPE)
    os.set_blocking(master, False)
    try:
        shown = os.read(master, 16)
    except BlockingIOError:
        shown = b""
    print("terminal", *arguments, done.returncode, len(shown), b"-o FILE" in done.stderr)
END
has "a closed pipe: exit code 7" '^pipe 7 True$' "$(cat result)"
has "no binary onto a terminal" '^terminal get default 2 0 True$' "$(cat result)"
has "from compile neither" '^terminal compile profiles/default.json 2 0 True$' "$(cat result)"
has "but text" '^terminal get default --format hex 0 16 False$' "$(cat result)"
has "and a file" '^terminal get default -o tty.bpf 0 0 False$' "$(cat result)"

echo "-- what is refused"
refused "an unknown profile" 4 'nosuch: no such profile' get nosuch
refused "its status" 4 'no such profile' status nosuch
for name in ../x '' "$long" .hidden a/b; do
    refused "the name '${name:0:20}'" 2 'no profile name' get "$name"
done
refused "its status" 2 'no profile name' status ../x
refused "an unknown target" 2 "unknown target 'z80'; there are: x86_64" get default --target z80
refused "an ABI that is no target" 2 "unknown target 'x32'" get default --target x32
refused "a target that is not served" 2 'no such target' get default --target s390x
refused "an unknown capability" 2 "unknown capability 'CAP_FLY'" get default --caps CAP_CHOWN,CAP_FLY
refused "a misspelt one" 2 "unknown capability 'SYS_ADMN'.*did you mean 'SYS_ADMIN'" get default --caps SYS_ADMN
refused "capabilities of no process" 2 "there is no process 4194304" get default --caps pid:4194304
refused "or of what is none" 2 "there is no process self" get default --caps pid:self
refused "a kernel that is none" 2 'no kernel version' get default --kernel new
refused "an unknown format" 2 "unknown format 'elf'; there are: raw, hex" get default --format elf
refused "an unknown option" 2 "unknown option '--bogus'" get default --bogus
refused "a misspelt one" 2 "unknown option '--trget'; did you mean '--target'" get default --trget x86_64
refused "an option without its value" 2 "needs a value" get default --target
refused "an option that does not fit" 2 "--strict cannot be used" get default --strict
refused "no name" 2 'needs the name of a profile' get
refused "one name too many" 2 "'b'" get a b
refused "--json with a format" 2 'json and --format cannot be used together' get default --json --format c
refused "an unknown syscall" 2 "no syscall 'opn'.*did you mean 'open'" explain default opn
echo 'x86_64 opn' > table
refused "the same in a table" 2 "table:1: .*no syscall 'opn'" simulate default table --target x86_64
refused "a process that is not there" 4 'it is gone' disasm pid:4194304
refused "a helper with a listener" 1 'listener' helper notify -o helper
refused "a wrong line that keeps a helper" 2 "unknown option '--foo'" helper default -o helper --foo
refused "in either order" 2 "unknown option '--foo'" helper default --foo -o helper
refused "one that runs it" 125 "unknown option '--foo'" helper default --foo -- true
refused "a time that is none" 2 'from 1 to' --timeout 0 list
refused "an unknown command" 2 "unknown command 'fetch'" fetch default
refused "a misspelt one" 2 "unknown command 'explian'; did you mean 'explain'" explian default read
refused "help for none" 2 "unknown command 'lst'; did you mean 'list'" help lst
refused "help for two" 2 "'help' does not know what to do with 'get'" help list get
is "help is the help" "$(ctl --help)" "$(ctl help)"
is "and that of a command" "$(ctl explain --help)" "$(ctl help explain)"
is "version is the version" "$(ctl --version)" "$(ctl version)"
bounding=$(sed -n 's/^CapBnd:[[:space:]]*//p' /proc/$$/status)
of_all=$(ctl compile "$D/profiles/default.json" --caps ALL --format hex)
of_one=$(ctl compile "$D/profiles/default.json" --caps CAP_SYS_ADMIN --format hex)
of_none=$(ctl compile "$D/profiles/default.json" --format hex)
is "a set of capabilities as in C" "$of_one" "$(ctl compile "$D/profiles/default.json" --caps 0x200000 --format hex)"
is "as /proc has it" "$of_one" "$(ctl compile "$D/profiles/default.json" --caps 0000000000200000 --format hex)"
is "bits that nobody names" "$of_all" "$(ctl compile "$D/profiles/default.json" --caps ffffffffffffffff --format hex)"
is "those of a process" "$(ctl compile "$D/profiles/default.json" --caps "$bounding" --format hex)" \
    "$(ctl compile "$D/profiles/default.json" --caps pid:$$ --format hex)"
if [ "$of_one" != "$of_none" ]; then ok "which make a difference"; else not_ok "capabilities make no difference"; fi
refused "no command" 2 '^usage:'
refused "no daemon" 3 "cannot reach secprofd at $D/none: no daemon listens" --socket "$D/none" list
kill -STOP "$daemon"
SECONDS=0
refused "a daemon that hangs" 3 'did not answer in time' list --timeout 1
[ $SECONDS -le 4 ] && ok "and --timeout says when" || not_ok "--timeout 1 took $SECONDS s"
kill -CONT "$daemon"
SECPROF_SOCKET='' refused "an empty SECPROF_SOCKET is the default" 3 'at /[^ ]*secprof.sock:' list
refused "a path that is too long" 3 'too long' --socket "/$long" list
refused "a socket that is no socket" 3 'no daemon listens' --socket /dev/null list

echo "-- help"
for command in '' get list status reload run compile check disasm diff explain; do
    # shellcheck disable=SC2086
    works "secprofctl $command --help" $command --help
    has "shows the usage" '^usage: secprofctl' "$(cat out)"
done
works "--version" --version
has "is a version" '^secprofctl [0-9]+\.' "$(cat out)"

echo "-- list, status, reload"
works "reload" reload
has "counts" '^5 profiles, 0 of them stale or broken' "$(cat out)"
works "list" list
has "has a header" '^NAME +STATE' "$(cat out)"
has "has default" '^default +served +[0-9]+' "$(cat out)"
has "has its file and no warning" "^default .* 0  $D/profiles/default.json\$" "$(cat out)"
COLUMNS=88 run_ctl list
is "list on a narrow terminal: the longest line" 88 "$(sed 's/…/./' out | awk '{ if (length($0) > n) n = length($0) } END { print n }')"
has "a path loses its beginning" '  …[^ ]*default\.json$' "$(cat out)"
COLUMNS=60 run_ctl list
is "list on a very narrow one: no paths" 0 "$(grep -c / out)"
works "list --json" list --json
is "is sorted" "['caps', 'default', 'flags', 'marker', 'notify']" "$(json '[p["name"] for p in j["profiles"]]')"
works "status" status
is "begins with a sentence" "secprofd $(ctl --version | cut -d' ' -f2) is running, and all is well with 5 profiles." "$(head -1 out)"
has "has its socket" "^  socket +$SECPROF_SOCKET\$" "$(cat out)"
has "since when" '^  since +20[0-9][0-9]-[0-9-]+ [0-9:]+ [^ ,]+, for 0 d 00:' "$(cat out)"
is "has no counters" 0 "$(grep -c 'requests answered' out)"
works "status --counters" status --counters
has "has them" '^ +[0-9]+  requests answered$' "$(cat out)"
has "and limits" '^ +4096  profiles$' "$(cat out)"
refused "which are the daemon's" 2 'about the daemon' status default --counters
works "status --json" status --json
is "counts profiles" 5 "$(json 'j["profiles"]')"
is "has all" "True True [] $SECPROF_SOCKET" "$(json '" ".join(map(str, (len(j["instance"]) == 32, j["limits"]["max_profiles"] == 4096, j["not_served"], j["socket"])))')"
works "status default" status default
has "has its file" "$D/profiles/default.json" "$(cat out)"
works "status default --json" status default --json
is "is served" served "$(json 'j["state"]')"
is "from that file" "$(sha256sum < "$D/profiles/default.json" | cut -d' ' -f1)" "$(json 'j["source_digest"]')"

cp "$D/profiles/marker.json" marker.json
cp broken.json "$D/profiles/marker.json"
cp broken.json "$D/profiles/never.json"
works "reload with broken files" reload --json
is "counts them" 2 "$(json 'j["broken"]')"
run_ctl status marker
is "status of a stale profile: exit code 1" 1 $code
has "it is stale" '^marker: stale' "$(cat out)"
has "with file, line and column" "profiles/marker.json:1:19: error: " "$(cat out)"
run_ctl status never --json
is "status of a broken one: exit code 1" 1 $code
is "it is broken" 'broken None' "$(json 'j["state"] + " " + str(j["digest"])')"
works "status of the daemon" status
is "counts them in its sentence" "; of 6 profiles, 1 is broken and 1 is stale." "$(head -1 out | grep -o ';.*')"
has "says what is wrong with one" "^never is broken: $D/profiles/never.json" "$(cat out)"
has "and the other" 'profiles/marker.json:1:19: error: ' "$(cat out)"
works "the same as JSON" status --json
is "names them" 'marker stale, never broken' "$(json '", ".join(p["name"] + " " + p["state"] for p in j["not_served"])')"
run_ctl get marker
is "a stale profile is served" 0 $code
has "with a warning" 'last good version' "$(cat err)"
refused "a broken one is not" 1 'never.json:1:19: error' get never
cp marker.json "$D/profiles/marker.json"
rm "$D/profiles/never.json"
works "mended" reload
printf '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [\n%s]}\n' \
    '{"names": ["sokcet"], "action": "SCMP_ACT_ERRNO"}' > "$D/profiles/lints.json"
works "a profile that deserves a warning" reload
run_ctl status lints
is "it is served: exit code 0" 0 $code
has "the warning is in its status" "profiles/lints.json:2:12: warning: .*nothing is blocked" "$(cat out)"
works "list of it" list --json
is "counts the warning" 1 "$(json '[p["warnings"] for p in j["profiles"] if p["name"] == "lints"][0]')"
is "notes are not" 0 "$(grep -c ': note: ' out)"
rm "$D/profiles/lints.json"
works "without it" reload

echo "-- files keep their modes"
for mode in 600 640 644 755; do
    rm -f kept
    : > kept
    chmod $mode kept
    ctl get default -o kept && is "of a filter: $mode" $mode "$(stat -c %a kept)"
done
for mode in 600:700 640:750 604:705 755:755; do
    rm -f kept
    : > kept
    chmod ${mode%:*} kept
    ctl helper default -o kept && is "who may read a helper may run it: ${mode%:*}" ${mode#*:} "$(stat -c %a kept)"
done

if [ "$(id -u)" = 0 ]; then
    chmod 711 "$D"
    chmod 640 "$D/profiles/flags.json"
    ctl reload > /dev/null
    as_nobody "$build/secprofctl" reload 2> err; is "reload by nobody: exit code 5" 5 $?
    as_nobody "$build/secprofctl" get flags 2> err > out; is "a profile of mode 640: exit code 4" 4 $?
    is "nothing was written" 0 "$(wc -c < out)"
    as_nobody "$build/secprofctl" get marker 2> err > out; is "a public one: exit code 0" 0 $?
    "$build/secprofctl" run default -- sleep 60 &
    sleeper=$!
    for _ in $(seq 600); do grep -q '^Seccomp:.*2' /proc/$sleeper/status && break; sleep 0.05; done
    as_nobody "$build/secprofctl" disasm pid:$sleeper 2> err > out
    is "the filters of another user's process: exit code 5" 5 $?
    kill $sleeper
    as_nobody "$build/secprofctl" list > out; is "the list hides it" 0 "$(grep -c '^flags ' out)"
    chmod 644 "$D/profiles/flags.json"
    ctl reload > /dev/null
else
    skip "permissions: not root"
fi

echo "-- running"
run_ctl run flags -- sh -c 'grep Seccomp: /proc/self/status; grep NoNewPrivs: /proc/self/status; exit 42'
is "run ends with the command's exit code" 42 $code
is "which had the filter" "Seccomp:	2 NoNewPrivs:	1" "$(paste -sd' ' out)"
run_ctl run marker python3 -c 'import os
try: os.getpriority(os.PRIO_PROCESS, 0)
except OSError as error: print(error.errno)'
is "a call that the profile denies" 64 "$(cat out)"
# shellcheck disable=SC2217 # the same fds as below
ls /proc/self/fd > without 2> err < /dev/null
run_ctl run default -- ls /proc/self/fd
is "no fd is left to the command" "$(paste -sd' ' without)" "$(paste -sd' ' out)"
refused "run of an unknown profile" 125 'no such profile' run nosuch -- true
refused "without a daemon" 125 'no daemon listens' --socket "$D/none" run default -- true
refused "of nothing" 125 'needs the name of a profile and a command' run default --
refused "with a bad name" 125 'no profile name' run ../x -- true
refused "for a listener" 125 'listener' run notify -- true
refused "with --json" 125 'leave out --json' --json run default -- true
refused "of a command that is not there" 127 'cannot start nosuch-command' run default -- nosuch-command
refused "of a file that is no program" 126 'cannot start' run default -- /etc/passwd

echo "-- compiling and checking"
ctl compile - > out 2> err < "$D/profiles/default.json"; is "compile from stdin" 0 $?
if cmp -s out default.bpf; then ok "gives the same filter"; else not_ok "stdin gives another filter"; fi
works "compile for another target" compile "$D/profiles/flags.json" --target s390x
is "in its byte order" "0020 0000 0000 0004" "$(od -An -tx2 --endian=big -N8 out | sed 's/^ //')"
works "compile as a listing" compile "$D/profiles/flags.json" --target SCMP_ARCH_AARCH64 --format asm
has "has the name" '^; flags for aarch64: ' "$(cat out)"
works "compile to plain rules" compile "$D/profiles/default.json" --caps CAP_SYS_ADMIN --format oci
is "which have no conditions" 0 "$(grep -cE 'includes|excludes|archMap|minKernel|x-' out)"
cp out rules.json
works "they compile" compile rules.json
cp out rules.bpf
works "as the profile does" compile "$D/profiles/default.json" --caps CAP_SYS_ADMIN
if cmp -s out rules.bpf; then ok "to the same filter"; else not_ok "plain rules give another filter"; fi
refused "get writes no rules" 2 'compile - --format oci' get default --format oci
works "compile as JSON" compile "$D/profiles/flags.json" --target s390x --json
cp out compiled.json
works "and raw" compile "$D/profiles/flags.json" --target s390x
is "says of the filter what it is" "flags s390x True True" "$(python3 -c 'import base64, json
j, raw = json.load(open("compiled.json")), open("out", "rb").read()
print(j["name"], j["target"], base64.b64decode(j["filter"]) == raw, j["instructions"] * 8 == len(raw))')"
ctl compile - --json -o compiled.json > out 2> err < "$D/profiles/default.json"
is "compile as JSON to a file: exit code" 0 $?
is "has the name of no file" "profile 0" "$(python3 -c 'import json
j = json.load(open("compiled.json"))
print(j["name"], j["filter_flags"] & 1)')"
refused "compile of nothing" 7 'cannot open none.json' compile none.json
refused "compile of a directory" 7 'cannot read' compile profiles
run_ctl check --strict profiles/default.json profiles/flags.json
is "check --strict: exit code 0" 0 $code
is "has notes at most" 0 "$(grep -cv ': note: ' err)"
is "has a line for each file" 2 "$(grep -c ': 0 errors, ' out)"
works "check of one target" check --quiet profiles/default.json --target aarch64
has "checks that one" 'compiles for 1 of 1 target' "$(cat out)"
run_ctl check profiles/default.json broken.json
is "check of a broken file: exit code 1" 1 $code
has "says where, what, and what is right" '^broken.json:1:19: error: .*SCMP_ACT_ALOW.*SCMP_ACT_ALLOW' "$(cat err)"
run_ctl check broken.json --json
is "check --json: exit code 1" 1 $code
is "has the error" '1 19 error' "$(json '" ".join(str(j[0]["messages"][0][k]) for k in ("line", "column", "severity"))')"
is "on no stderr" 0 "$(wc -c < err)"
refused "check of nothing" 7 'cannot open none.json' check none.json
ctl check - > out 2> err < broken.json; is "check of stdin: exit code 1" 1 $?
has "has a name" '^<stdin>:1:19: error' "$(cat err)"
printf '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [], "extra": 1}\n' > warns.json
run_ctl check warns.json
is "a warning is no failure: exit code 0" 0 $code
has "but is said" '^warns.json:1:[0-9]+: warning: ' "$(cat err)"
run_ctl check --strict warns.json
is "unless --strict: exit code 1" 1 $code
printf '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [\n%s]}\n' \
    '{"names": ["sokcet"], "action": "SCMP_ACT_ERRNO"}' > lints.json
run_ctl check lints.json --strict
is "a warning of the lint is a failure with --strict: exit code 1" 1 $code
has "says what is meant" '^lints.json:2:12: warning: .*nothing is blocked.*"socket"' "$(cat err)"
head -c 1048577 /dev/zero | tr '\0' ' ' > huge.json
run_ctl check huge.json
is "a file of 1 MiB and a byte: exit code 1" 1 $code
printf '{"defaultAction": "\033[2J"}\n' > control.json
run_ctl check control.json
is "no control characters get through" 0 "$(grep -c "$(printf '\033')" err)"

echo "-- the library"
cat > client.c << 'END'
#include <secprof.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
int main(int argc, char **argv)
{
    struct secprof *handle;
    struct secprof_info info = SECPROF_INFO_INIT;
    int r = secprof_open(&handle, NULL, 0);
    if (r == 0)
        r = secprof_install(handle, argc > 1 ? argv[1] : "", NULL, &info);
    if (r < 0)
        return printf("%s\n", secprof_strerror(r)) < 0;
    r = (int)syscall(SYS_getppid);
    return printf("%d %d %d\n", r, errno, (int)info.n_insns) < 0;
}
END
"${CC:-gcc}" -D_GNU_SOURCE -Wall -Wextra -Werror -I"$here/../../client/libsecprof" -o client client.c -L"$build/.libs" -lsecprof
export LD_LIBRARY_PATH=$build/.libs
works "how long flags is" get flags
is "a program installs a filter with libsecprof" "-1 77 $(($(wc -c < out) / 8))" "$(./client flags)"
is "and is refused one that is not there" "no such profile, or no permission to read it" "$(./client nosuch)"
is "and one for a listener" "the filter cannot be used in this way" "$(./client notify)"
unset LD_LIBRARY_PATH

finish
