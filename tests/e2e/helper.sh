#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# secprof-helper: the executable with a filter built in, as the daemon hands it out. What it does to the
# process, where it runs, how it looks for a command, how it fails, and what it costs the daemon.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

need python3 readelf setpriv
if ! grep -q '^#define HAVE_HELPER 1' "$build/config.h"; then
    case $("$build/config.status" --config),$(uname -m) in
    *--disable-helper*) ;;
    *,x86_64 | *,aarch64 | *,s390x) not_ok "secprof-helper is part of the build on $(uname -m)" ;;
    esac
    start_daemon
    has "a daemon without it says so" 'built without secprof-helper' "$(ctl helper default -- true 2>&1)"
    skip "all else: this build has no secprof-helper"
    finish
fi
start_daemon
build_probe
# One that everybody may run.
python=/usr/bin/python3
[ -x $python ] || python=$(python3 -c 'import sys; print(sys.executable)')

# Profiles that say no to the helper itself.
write()
{
    printf '{"defaultAction": "SCMP_ACT_ALLOW", %s}' "$2" > "$D/profiles/$1.json"
}

write no-execve '"syscalls": [{"names": ["execve"], "action": "SCMP_ACT_ERRNO", "errnoRet": 7}]'
write no-exit '"syscalls": [{"names": ["exit_group", "exit"], "action": "SCMP_ACT_ERRNO"}]'
write notify '"syscalls": [{"names": ["getcwd"], "action": "SCMP_ACT_NOTIFY"}]'
write logged '"flags": ["SECCOMP_FILTER_FLAG_TSYNC", "SECCOMP_FILTER_FLAG_LOG"], "syscalls": []'
write capable '"syscalls": [{"names": ["unshare"], "action": "SCMP_ACT_ERRNO", "errnoRet": 65,
    "excludes": {"caps": ["CAP_SYS_ADMIN"]}}]'
ctl reload >/dev/null || not_ok "the profiles are in service"

client()
{
    "$python" "$here/helper-client.py" "$@"
}

as_nobody()
{
    setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
}

# What a command printed, and how it ended.
ends()
{
    local out rc

    out=$("$@" 2>&1)
    rc=$?
    printf '%s (%s)' "$out" "$rc"
}

filters()
{
    awk '$1 == "Seccomp_filters:" { print $2 }' /proc/self/status
}

# The status of a process that the given command starts.
status_under()
{
    "$@" grep -E '^(NoNewPrivs|Seccomp|Seccomp_filters):' /proc/self/status | tr -d '\t' | paste -sd' '
}

echo "-- what it does"
confined="NoNewPrivs:1 Seccomp:2 Seccomp_filters:$(($(filters) + 1))"
# shellcheck disable=SC2086
for who in as_root as_nobody; do
    as_root() { "$@"; }
    if [ "$who" = as_nobody ] && [ "$(id -u)" -ne 0 ]; then
        skip "not root: nothing can be run as another user"
        continue
    fi
    is "$who: allowed calls work, others fail with their errno" "$under_default" \
        "$($who "$build/secprofctl" helper default -- "$D/probe" $probes 2>&1)"
    is "$who: the same from Python, without the library" "$under_marker" \
        "$($who "$python" "$here/helper-client.py" marker "$D/probe" $probes 2>&1)"
    is "$who: one filter more, and no_new_privs" "$confined" \
        "$(status_under $who "$build/secprofctl" helper default --)"
done
is "twice: two filters more" "NoNewPrivs:1 Seccomp:2 Seccomp_filters:$(($(filters) + 2))" \
    "$(status_under "$build/secprofctl" helper default -- "$build/secprofctl" run default --)"
is "flags go with it" "$confined" "$(status_under "$build/secprofctl" helper logged --)"
is "capabilities choose the filter" "unshare=ENOPKG unshare=OK" "$(ctl helper capable -- "$D/probe" unshare) $(
    ctl helper capable --caps CAP_SYS_ADMIN -- "$D/probe" unshare)"
if [ "$(id -u)" -eq 0 ]; then
    is "the filter is the one that the daemon serves: diff finds nothing" 0 "$(
        "$build/secprofctl" helper default -- sleep 60 &
        pid=$!
        for _ in $(seq 600); do
            [ "$(tr '\0' ' ' 2>/dev/null < "/proc/$pid/cmdline")" != "sleep 60 " ] || break
            sleep 0.05
        done
        ctl diff default "pid:$pid" > "$D/diff" 2>&1
        echo $?
        kill $pid)"
else
    skip "not root: a process's filters cannot be read"
fi

echo "-- the file"
KEEP=$D/raw client marker
ctl helper default -o "$D/helper"
is "-o keeps it, executable" "0 755" "$? $(stat -c %a "$D/helper")"
size=$(stat -c %s "$D/helper")
echo "   default: $(ctl --json get default | python3 -c 'import json, sys
print(json.load(sys.stdin)["instructions"])') instructions, $size bytes"
is "a few KiB: at most 3 KiB and the filter" yes \
    "$([ "$size" -le $((3072 + $(ctl get default | wc -c))) ] && echo yes)"
is "no interpreter, nothing dynamic, no writable or executable data" "R E R " \
    "$(readelf -lW "$D/helper" | awk '$1 == "LOAD" { printf "%s ", $7 $8 == "R0x1000" ? "R" : "R E" }
        $1 ~ /INTERP|DYNAMIC/ { printf "%s ", $1 }')"
has "the stack is not executable" 'GNU_STACK .* RW ' "$(readelf -lW "$D/helper")"
is "it ends with the filter" same "$(ctl get default > "$D/filter"
    tail -c "$(stat -c %s "$D/filter")" "$D/helper" | cmp - "$D/filter" && echo same)"
is "disasm reads it" same "$(ctl disasm "$D/helper" | grep -v '^;' > "$D/asm"
    ctl disasm default | grep -v '^;' | cmp - "$D/asm" && echo same)"
is "diff too" 0 "$(ctl diff "$D/helper" default > "$D/diff"; echo $?)"
is "and other executables are refused" "secprofctl: $D/probe: an executable that is no secprof-helper (1)" \
    "$(ends "$build/secprofctl" disasm "$D/probe")"
is "-o - is the same file" same "$(ctl helper default -o - | cmp - "$D/helper" && echo same)"
is "it is not for a terminal" 2 "$(script -qec "'$build/secprofctl' helper default -o -" /dev/null \
    > "$D/tty" 2>&1 </dev/null; echo $?)"
mkdir "$D/elsewhere" && cp "$D/helper" "$D/elsewhere/copied"
ctl helper default -o "$D/helper" -- true > "$D/out" 2>&1
is "either -o or a command" 2 $?
ctl helper default > "$D/out" 2>&1
is "or neither" 125 $?
ctl helper nobody -o "$D/none" > "$D/out" 2>&1
is "an unknown profile: as get, no file" "4 no" "$? $([ -e "$D/none" ] || echo no)"
ctl helper nobody -- true > "$D/out" 2>&1
is "an unknown profile: 125" 125 $?
ctl --json helper default -- true > "$D/out" 2>&1
is "there is no JSON" 125 $?

stop_daemon
echo "-- without the daemon"
h=$D/elsewhere/copied
# shellcheck disable=SC2086
is "a copy works" "$under_default" "$("$h" -- "$D/probe" $probes 2>&1)"
# shellcheck disable=SC2086
is "also without --" "$under_default" "$("$h" "$D/probe" $probes 2>&1)"
is "arguments and environment arrive as they are" "a  b - -- X=1" "$(env -i X=1 "$h" /bin/sh -c \
    'printf "%s " "$1" "$2" "$3"; env | grep ^X' sh "a  b" - -- | tr -d '\n')"
is "the command's exit status is kept" 42 "$("$h" sh -c 'exit 42'; echo $?)"

echo "-- failures, as env(1) has them"
usage="secprof-helper: usage: secprof-helper [--] COMMAND [ARGUMENT...] (125)"
is "no command" "$usage" "$(ends "$h")"
is "no command behind --" "$usage" "$(ends "$h" --)"
is "no argv at all" "$usage" "$(ends "$python" -c 'import ctypes, sys
ctypes.CDLL(None).execve(sys.argv[1].encode(), None, None)' "$h")"
is "an option" "secprof-helper: unknown option --help (125)" "$(ends "$h" --help true)"
is "not found along PATH" "secprof-helper: cannot execute nowhere: no such file or directory (127)" \
    "$(ends "$h" nowhere)"
is "not found at its path" "secprof-helper: cannot execute /nowhere: no such file or directory (127)" \
    "$(ends "$h" /nowhere)"
is "an empty name" "secprof-helper: cannot execute : no such file or directory (127)" "$(ends "$h" "")"
denied="permission denied (or the filter forbids execve) (126)"
is "a file that is not executable" "secprof-helper: cannot execute /etc/passwd: $denied" \
    "$(ends "$h" /etc/passwd)"
is "a directory" "secprof-helper: cannot execute /etc: $denied" "$(ends "$h" /etc)"
is "a path through a file" "secprof-helper: cannot execute /etc/passwd/x: not a directory (126)" \
    "$(ends "$h" /etc/passwd/x)"
printf 'echo no\n' > "$D/elsewhere/script"
printf '#!/bin/sh\necho yes\n' > "$D/elsewhere/good"
printf '#!/nowhere\n' > "$D/elsewhere/lost"
ln -s loop "$D/elsewhere/loop"
chmod 755 "$D/elsewhere"/{script,good,lost}
is "a script without #! is given to no shell" \
    "secprof-helper: cannot execute $D/elsewhere/script: no program, no #! script (126)" \
    "$(ends "$h" "$D/elsewhere/script")"
is "a script" "yes (0)" "$(ends "$h" "$D/elsewhere/good")"
is "a script whose interpreter is missing" 127 "$("$h" "$D/elsewhere/lost" 2>/dev/null; echo $?)"
is "a loop of links" "secprof-helper: cannot execute $D/elsewhere/loop: too many symbolic links (126)" \
    "$(ends "$h" "$D/elsewhere/loop")"
long=$(printf '%04096d' 0)
is "too long a name" "file name too long (126)" "$(ends "$h" "$long" | sed 's/.*: //')"
is "too long a path" "file name too long (126)" "$(ends "$h" "/$long" | sed 's/.*: //')"
has "control characters do not reach the terminal" 'cannot execute a\?\[31mb\?c: no such' \
    "$(ends "$h" $'a\033[31mb\nc')"
is "nothing goes to stdout" "" "$("$h" nowhere 2>/dev/null)"

echo "-- PATH"
mkdir "$D/p1" "$D/p2" "$D/closed"
printf '#!/bin/sh\necho p1\n' > "$D/p1/tool"
printf '#!/bin/sh\necho p2\n' > "$D/p2/tool"
cp "$D/p2/tool" "$D/p2/only2"
cp "$D/p1/tool" "$D/closed/only2"
chmod 755 "$D/p1/tool" "$D/p2/tool" "$D/p2/only2"
chmod 644 "$D/closed/only2"
is "the first that has it" "p1 p2" "$(PATH=$D/p1:$D/p2 "$h" tool) $(PATH=$D/p2:$D/p1 "$h" tool)"
is "what cannot be executed is passed over" "p2 (0)" "$(PATH=$D/closed:$D/p2 ends "$h" only2)"
is "so is what is no directory, or not there" "p2 (0)" \
    "$(PATH=/etc/passwd:/nowhere:$D/p1:$D/p2 ends "$h" only2)"
is "where it is nowhere else, that is the reason" "secprof-helper: cannot execute only2: $denied" \
    "$(PATH=$D/closed:/nowhere ends "$h" only2)"
is "an element that is too long is passed over" "p2 (0)" "$(PATH=/$long:$D/p2 ends "$h" only2)"
is "an empty element is the working directory" "p1 p1 p1 (0)" "$(
    cd "$D/p1" && for path in :/nowhere /nowhere: /nowhere::/nowhere2; do
        PATH=$path "$h" tool
    done | paste -sd' ') ($?)"
is "so is an empty PATH" "p1 (0)" "$(cd "$D/p1" && PATH='' ends "$h" tool)"
is "a name with a slash is not looked up" "secprof-helper: cannot execute p1/only2: no such file or directory (127)" \
    "$(cd "$D" && PATH=$D/p2 ends "$h" p1/only2)"
is "without PATH: /bin and /usr/bin" "ok (0)" "$(ends env -i "$h" sh -c 'echo ok')"
is "and not the working directory" 127 "$(cd "$D/p1" && env -i "$h" tool 2>/dev/null; echo $?)"
is "the search is execvp's" "$(cd "$D/p1" && for path in "$D/closed:$D/p2" :/nowhere "$D/closed" /etc/passwd; do
        PATH=$path "$python" -c 'import ctypes, os, sys
libc = ctypes.CDLL(None, use_errno=True)
libc.execvp(b"only2", (ctypes.c_char_p * 2)(b"only2", None))
print(127 if ctypes.get_errno() in (2, 20) else 126)' 2>&1 || echo $?
    done | paste -sd' ')" "$(cd "$D/p1" && for path in "$D/closed:$D/p2" :/nowhere "$D/closed" /etc/passwd; do
        PATH=$path "$h" only2 2>/dev/null || echo $?
    done | paste -sd' ')"
start_daemon

echo "-- fds"
# Prints the fds that are open in a shell from 3 on, without opening one.
open_fds='for fd in 3 4 5 6 7 8 9 11 12 13 14 15 63 64; do
    [ ! -e /proc/$$/fd/$fd ] || printf "%s " $fd; done'
mapfile -t inherited < <(ls /proc/self/fd)
close=
for fd in "${inherited[@]}"; do
    [ "$fd" -le 2 ] || close="$close $fd>&-"
done
eval "exec $close" 2>/dev/null
is "the helper's own fd is not in the command" "" "$(ctl helper default -- sh -c "$open_fds")"
is "nor where it was received without close-on-exec" "" "$(INHERIT=1 client default sh -c "$open_fds")"
is "but a standard file stays" "open" "$("$python" -c 'import os, sys
os.dup2(os.open(sys.argv[1], os.O_RDONLY), 0)
os.execve(0, ["h", "sh", "-c", "[ -e /proc/$$/fd/0 ] && echo open"], os.environ)' "$h")"
echo passed > "$D/passed"
is "fds that are passed on are there, at their places" "7 9 passed" "$(ctl helper default -- sh -c \
    "$open_fds; cat <&7" 7<"$D/passed" 9<"$D/probe" 2>&1)"
is "also those of a copy" "7 " "$("$h" sh -c "$open_fds" 7</dev/null)"

echo "-- a profile by content"
is "the helper of a profile that no file has" "getcwd: 123" "$("$python" - "$here" "$SECPROF_SOCKET" <<'PYTHON'
import os, sys
here, path = sys.argv[1:]
sys.argv = ["helper", "/"]
sys.path.insert(0, here)
import secprofd
with secprofd.Client(path) as client:
    fd = secprofd.sealed(secprofd.profile(123).encode())
    _, (helper,) = client.call(secprofd.COMPILE, secprofd.compile_body(delivery=secprofd.HELPER), fds=[fd])
program = """
try: __import__("os").getcwd()
except OSError as error: print("getcwd:", error.errno)
"""
os.execve(helper, ["secprof-helper", "--", sys.executable, "-c", program], os.environ)
PYTHON
)"

echo "-- filters that say no"
is "one that forbids execve: 126, with its errno" "secprof-helper: cannot execute true: argument list too long (126)" \
    "$(ends "$build/secprofctl" helper no-execve -- true)"
{ "$build/secprofctl" helper no-exit -- /nowhere; } 2>/dev/null
has "one that forbids exit: the process dies" '^(132|133|139)$' "$?"
out=$(ends "$build/secprofctl" helper notify -- true)
has "one for a listener is refused, with the reason" 'SCMP_ACT_NOTIFY.*\(125\)' "$(paste -sd' ' <<< "$out")"
out=$(ARCH=0x80000016 client default true 2>&1)
has "another architecture is refused" '^status 7:' "$out"
if [ "$(id -u)" -eq 0 ]; then
    chmod 640 "$D/profiles/marker.json"
    ctl reload >/dev/null
    has "who may not read the profile gets none" '^status 6:' \
        "$(as_nobody "$python" "$here/helper-client.py" marker true 2>&1)"
    chmod 644 "$D/profiles/marker.json"
    ctl reload >/dev/null
fi

echo "-- where nothing is"
if [ "$(id -u)" -eq 0 ] && command -v unshare >/dev/null; then
    mkdir "$D/root" && cp "$D/probe" "$D/root/probe"
    # shellcheck disable=SC2086
    is "an empty root, by fd" "$under_default" "$(python3 - "$build" "$D" $probes <<'PYTHON'
import os, subprocess, sys
build, D, *probes = sys.argv[1:]
helper = os.open(D + "/helper", os.O_RDONLY | os.O_CLOEXEC)
os.chroot(D + "/root")
os.chdir("/")
os.setgroups([])
os.setgid(65534)
os.setuid(65534)
os.execve(helper, ["secprof-helper", "--", "/probe", *probes], {})
PYTHON
    )"
    KEEP=$D/root/helper client default
    # shellcheck disable=SC2086
    is "an empty root, by path" "$under_default" "$(chroot "$D/root" /helper /probe $probes 2>&1)"
    # shellcheck disable=SC2086
    is "a mount namespace without /proc" "no proc $under_default" "$(unshare --mount --pid --fork sh -c \
        'umount -l /proc && [ ! -e /proc/self ] && echo no proc && exec "$0" "$@"' \
        "$python" "$here/helper-client.py" default "$D/probe" $probes 2>&1 | paste -sd' ')"
    if [ -w /proc/sys/vm/memfd_noexec ]; then
        # The sysctl is the pid namespace's: 1 is no obstacle, 2 is named.
        cat > "$D/noexec.sh" <<'SH'
echo "$1" > /proc/sys/vm/memfd_noexec || exit 9
shift
"$1/secprofd" --socket "$2/noexec.sock" --profiles "$2/profiles" --no-cache --targets native 2>"$2/noexec.log" &
daemon=$!
for _ in $(seq 600); do
    "$1/secprofctl" --socket "$2/noexec.sock" list >/dev/null 2>&1 && break
    sleep 0.1
done
"$1/secprofctl" --socket "$2/noexec.sock" helper default -- "$2/probe" getpid unshare 2>&1
echo "($?)"
"$1/secprofctl" --socket "$2/noexec.sock" run default -- "$2/probe" getpid unshare 2>&1
kill $daemon
wait $daemon
SH
        noexec()
        {
            unshare --pid --fork --mount-proc --kill-child sh "$D/noexec.sh" "$1" "$build" "$D" | paste -sd' '
        }
        is "vm.memfd_noexec = 1 is no obstacle" \
            "getpid=OK unshare=EPERM (0) getpid=OK unshare=EPERM" "$(noexec 1)"
        has "2 is: the message names it, and run still works" \
            'vm\.memfd_noexec.*\(125\) getpid=OK unshare=EPERM$' "$(noexec 2)"
        is "the sysctl is as it was outside" 0 "$(cat /proc/sys/vm/memfd_noexec)"
    else
        skip "no vm.memfd_noexec here (Linux 6.3 has it)"
    fi
else
    skip "not root: no chroot and no namespace"
fi

echo "-- what it costs the daemon"
fds_of_daemon()
{
    find "/proc/$daemon/fd" -mindepth 1 | wc -l
}

resident()
{
    awk '$1 == "VmRSS:" { print $2 }' "/proc/$daemon/status"
}

shared()
{
    awk '$1 == "Shmem:" { print $2 }' /proc/meminfo
}

fetch_many()
{
    python3 - "$here" "$SECPROF_SOCKET" "$1" <<'PYTHON'
import os, sys
here, path, n = sys.argv[1:]
sys.argv = ["helper", "/"]
sys.path.insert(0, here)
import secprofd
seen, kept = set(), []
with secprofd.Client(path) as client:
    for i in range(int(n)):
        _, (fd,) = client.call(secprofd.GET, secprofd.get_body("default", delivery=3))
        seen.add(os.fstat(fd).st_ino)
        kept.append(fd)
        if len(kept) == 100:
            for fd in kept:
                os.close(fd)
            kept.clear()
print(len(seen))
PYTHON
}

fetch_many 100 >/dev/null
before="$(fds_of_daemon)"
rss=$(resident)
is "1,000 fetches get one file" 1 "$(fetch_many 1000)"
is "the daemon has as many fds as before" "$before" "$(fds_of_daemon)"
grown=$(($(resident) - rss))
is "and no more memory ($grown KiB)" yes "$([ $grown -lt 256 ] && echo yes)"
finish
