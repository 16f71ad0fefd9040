#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The examples of the manual pages and READMEs, run as they stand.

usage: manual-examples.py BUILD-DIRECTORY, as root. In a mount and pid namespace of its own, where the
programs of the build are installed, each command of an example must do what it is shown to do:
succeed, or print what the page shows. Profiles are compiled, and one is run under; C is compiled and run.
"""
import functools
import json
import os
import re
import shutil
import subprocess
import sys
import time
import tomllib
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
FILES = [*sorted(TOP.glob("docs/*.[1-8]")), TOP / "README.md", TOP / "integration" / "README.md"]
SCRATCH = Path("/mnt")

# What no machine of a test can run, and why. A line that begins so is counted as skipped.
SKIPPED = {
    "apt install": "installs packages: scripts/test does it",
    "autoreconf": "builds from the sources: scripts/test does it",
    "mkdir build": "builds from the sources: scripts/test does it",
    "../configure": "builds from the sources: scripts/test does it",
    "make": "builds from the sources: scripts/test does it",
    "scripts/": "builds from the sources: scripts/test is what runs this",
    "systemd-": "needs a booted systemd of its own: systemd-boot.sh has one",
    "systemctl": "needs a booted systemd of its own: systemd-boot.sh has one",
    "podman build": "downloads an image, and no test has a network",
    "podman import": "needs what scripts/image makes: image.sh has it",
    "podman run -d --read-only": "needs what podman import makes: image.sh has it",
    "docker run": "needs Docker's daemon with these runtimes: docker.sh has one",
}

# The programs that an example may need besides secprof's, and how it names them.
PROGRAMS = {"bwrap": r"^bwrap|; bwrap|& bwrap", "strace": "^strace", "podman": "^podman", "runc": "=runc",
            "crun": "secprof-runtime|^podman"}

# Commands whose answer is no.
CODES = {"secprofctl diff old.json new.json": "1"}

passed = failed = skipped = 0


def result(good, what, why=""):
    global passed, failed
    passed, failed = passed + good, failed + (not good)
    print(f"ok: {what}" if good else f"FAILED: {what}: {why}", flush=True)
    return good


def skip(what, why):
    global skipped
    skipped += 1
    print(f"skipped: {what}: {why}", flush=True)


# Reading examples. Each is a tuple: where it stands, what kind it is, its text.

def kind_of(text):
    first = text.lstrip()
    return "json" if first.startswith("{") else "c" if first.startswith("#include") else "sh"


def of_manual(path, text):
    """The literal displays and lines of the section EXAMPLES."""
    section, display, begin = "", None, 0
    for number, line in enumerate(text.splitlines(), 1):
        plain = line.replace(r"\(dq", '"').replace(r"\-", "-").replace(r"\&", "").replace(r"\e", "\\")
        if display is not None:
            if line.startswith(".Ed"):
                body = "\n".join(display)
                yield f"{path.name}:{begin}", kind_of(body), body
                display = None
            else:
                display.append(plain)
        elif line.startswith(".Sh "):
            section = line[4:]
        elif section == "EXAMPLES" and line.startswith(".Bd -literal"):
            display, begin = [], number + 1
        elif section == "EXAMPLES" and line.startswith(".Dl "):
            yield f"{path.name}:{number}", "sh", plain[4:].removeprefix("# ")


def of_readme(path, text):
    """The fenced blocks; what is indented with its fence is less so."""
    for match in re.finditer(r"^( *)```(\w+)\n(.*?)^ *```$", text, re.M | re.S):
        line = text.count("\n", 0, match.start()) + 2
        body = re.sub(f"^{match[1]}", "", match[3], flags=re.M)
        yield f"{path.relative_to(TOP)}:{line}", match[2], body


# The place where they run.

def sh(command, **options):
    return subprocess.run(command, shell=True, executable="/bin/bash", check=True, **options)


def install_file(source, target, mode=0o644):
    target = Path(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
    target.chmod(mode)


def install(build):
    """Puts the build into /usr, as far as examples need it. /usr, /etc and /var/lib are overlays."""
    for name in ("bin/secprofctl", "sbin/secprofd", "libexec/secprof/secprof-oci-hook",
                 "libexec/secprof/secprof-runtime"):
        program = name.rsplit("/", 1)[1]
        real = build / ".libs" / program
        install_file(real if real.exists() else build / program, f"/usr/{name}", 0o755)
    for library in (build / ".libs").glob("libsecprof.so*"):
        install_file(library, f"/usr/lib/{library.name}")
    install_file(TOP / "client/libsecprof/secprof.h", "/usr/include/secprof.h")
    for profile in (TOP / "profiles").glob("*.json"):
        install_file(profile, f"/usr/lib/secprof/profiles.d/{profile.name}")
    hook = (TOP / "integration/secprof.json.in").read_text().replace("@pkglibexecdir@", "/usr/libexec/secprof")
    path = Path("/usr/share/secprof/hooks.d/secprof.json")
    path.parent.mkdir(parents=True)
    path.write_text(hook)


def lay_out():
    """The files that examples speak of, in the working directory and elsewhere."""
    home = SCRATCH / "home"
    install_file("/usr/lib/secprof/profiles.d/default.json", home / "profiles/default.json")
    shutil.copyfile(home / "profiles/default.json", home / "new.json")
    old = json.loads((home / "new.json").read_text())
    old["syscalls"].append({"names": ["bpf"], "action": "SCMP_ACT_ALLOW"})
    (home / "old.json").write_text(json.dumps(old))
    install_file(home / "profiles/default.json", "/etc/secprof/profiles.d/web.json")
    (home / "root").mkdir()
    (home / "program.c").write_text("int main(void) { return 0; }\n")
    sh(f"gcc -static -o {home}/root/program {home}/program.c")
    Path("/tmp/p/profiles").mkdir(parents=True)
    service = Path("/usr/bin/my-service")
    shutil.copyfile("/bin/sleep", service)
    service.chmod(0o755)
    return home


# No place for the usual limits, cgroups and networks, which not every machine lets us have.
CONTAINERS_CONF = """
[containers]
cgroups = "disabled"
netns = "none"
default_ulimits = []
[engine]
cgroup_manager = "cgroupfs"
events_logger = "none"
runtime = "crun"
"""
STORAGE_CONF = f"""
[storage]
driver = "vfs"
graphroot = "{SCRATCH}/storage"
runroot = "{SCRATCH}/storage-run"
"""
no_containers = "crun is not installed"


def lay_out_containers(home):
    """A bundle for crun and runc, and an image called debian; both have nothing but `true`."""
    global no_containers
    if not shutil.which("crun"):
        return
    mounted = subprocess.run("umount -R /sys/fs/cgroup; mount -t cgroup2 none /sys/fs/cgroup", shell=True,
                             capture_output=True, text=True)
    if mounted.returncode != 0:
        no_containers = mounted.stderr.strip()
        return
    for place in ("bin", "proc", "dev", "sys", "etc", "run", "tmp"):
        (home / "bundle/rootfs" / place).mkdir(parents=True)
    shutil.copy(home / "root/program", home / "bundle/rootfs/bin/true")
    sh("crun spec", cwd=home / "bundle")
    path = home / "bundle/config.json"
    config = json.loads(path.read_text())
    config["process"].update(args=["/bin/true"], terminal=False, rlimits=[])
    config["linux"].pop("resources", None)
    path.write_text(json.dumps(config))
    ran = subprocess.run(["crun", "run", "-b", "bundle", "c0"], cwd=home, capture_output=True, text=True)
    no_containers = ran.stderr.strip() if ran.returncode else None
    (SCRATCH / "containers.conf").write_text(CONTAINERS_CONF)
    (SCRATCH / "storage.conf").write_text(STORAGE_CONF)
    os.environ.update(CONTAINERS_CONF=str(SCRATCH / "containers.conf"),
                      CONTAINERS_STORAGE_CONF=str(SCRATCH / "storage.conf"))
    if shutil.which("podman") and not no_containers:
        sh("tar -C bundle/rootfs -c . | podman import - debian > /dev/null 2>&1", cwd=home)


def wait_for(condition, seconds=20):
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.05)
    return condition()


def answers():
    return subprocess.run(["secprofctl", "list"], capture_output=True).returncode == 0


def start_daemon():
    log = open(SCRATCH / "secprofd.log", "wb")
    subprocess.Popen(["secprofd", "--socket", "/run/secprof/secprof.sock", "--profiles",
                      "/etc/secprof/profiles.d", "--profiles", "/usr/lib/secprof/profiles.d",
                      "--cache", str(SCRATCH / "cache")], stdout=log, stderr=log)
    if not wait_for(answers):
        result(False, "secprofd answers", Path(log.name).read_text())
    # For "pidof my-service": one that runs under the profile.
    subprocess.Popen(["secprofctl", "run", "default", "--", "my-service", "1000"])
    wait_for(lambda: subprocess.run(["pidof", "my-service"], capture_output=True).returncode == 0)


# Running examples.

ERRORS = {os.strerror(number) for number in range(1, 134)}


def commands_of(text):
    """The commands of a block, each with the output that the page shows, or None.

    In a session a prompt stands before each command, and its output behind it. Else each line is a
    command; a comment that is a message or a call with its result is output.
    """
    text = text.replace("\\\n", " ")
    if text.startswith("$ "):
        for part in re.split(r"^\$ ", text, flags=re.M)[1:]:
            command, _, output = part.partition("\n")
            yield command.strip(), output.strip() or None
        return
    for line in text.splitlines():
        command, _, comment = re.sub(r"(^|\s)# ", "\0", line, count=1).partition("\0")
        comment = comment.strip()
        if command.strip():
            yield command.strip(), comment if comment in ERRORS or " = -1 " in comment else None


LOGGED = {"defaultAction": "SCMP_ACT_ALLOW", "flags": ["SECCOMP_FILTER_FLAG_LOG"],
          "syscalls": [{"names": ["uname"], "action": "SCMP_ACT_ERRNO"}]}


@functools.cache
def kernel_log_has_a_denial():
    """Makes one, for "dmesg": a machine that runs only this has no other, and the kernel's log turns round."""
    profile = Path("/etc/secprof/profiles.d/logged.json")
    profile.write_text(json.dumps(LOGGED))
    sh("secprofctl reload > /dev/null")

    def is_there():
        # The kernel writes ten such lines in five seconds, and drops the others.
        subprocess.run(["secprofctl", "run", "logged", "--", "uname"], capture_output=True)
        log = subprocess.run(["dmesg"], capture_output=True, text=True, errors="replace").stdout
        return "type=1326" in log

    found = wait_for(is_there)
    profile.unlink()
    return found


def why_skipped(command):
    if command.startswith("dmesg") and not kernel_log_has_a_denial():
        return "this kernel's log takes no records of denied calls, or is not ours to read"
    for start, why in SKIPPED.items():
        if command.startswith(start):
            return why
    for program, pattern in PROGRAMS.items():
        if re.search(pattern, command) and not shutil.which(program):
            return f"{program} is not installed"
    if re.search(PROGRAMS["crun"], command) and no_containers:
        return f"no container starts here, also without secprof: {no_containers}"
    return None


def run_shell(where, text, home):
    """Runs the lines of one block in one shell, where a failed line does not stop the next."""
    results = SCRATCH / "results"
    shutil.rmtree(results, ignore_errors=True)
    results.mkdir()
    # Each block begins on a machine on which the others were not run.
    shutil.rmtree("/etc/containers/oci", ignore_errors=True)
    script, jobs = ["server="], []
    for command, wanted in commands_of(text):
        reason = why_skipped(command)
        if reason:
            skip(f"{where}: {command}", reason)
            continue
        out = results / str(len(jobs))
        if command.startswith("secprofd "):
            # A server: it has to answer, also to the clients behind it in the block.
            socket = re.search(r"--socket (\S+)", command)[1]
            script.append(f"{command.removesuffix('&')} > {out}.out 2>&1 & server=$!\n"
                          f"for i in $(seq 200); do secprofctl --socket {socket} list >> {out}.out 2>&1"
                          " && break; sleep 0.05; done\n"
                          f"secprofctl --socket {socket} list >> {out}.out 2>&1; echo $? > {out}.code")
        else:
            script.append(f"{{ {command}\n}} > {out}.out 2>&1 < /dev/null; echo $? > {out}.code")
        jobs.append((command, wanted, out))
    script.append('[ -z "$server" ] || kill "$server"')
    subprocess.run(["bash", "-c", "\n".join(script)], cwd=home, timeout=120)
    for command, wanted, out in jobs:
        output = Path(f"{out}.out").read_text(errors="replace")
        code = Path(f"{out}.code").read_text().strip()
        result(is_as_shown(command, wanted, output, code), f"{where}: {command}",
               f"exit status {code}, the page shows {wanted or 'nothing'}; it printed: {output[-600:]}")


def is_as_shown(command, wanted, output, code):
    if wanted:
        return " ".join(wanted.split()) in " ".join(output.split())
    return code == CODES.get(command, "0")


def run_c(where, text, home):
    (home / "example.c").write_text(text)
    built = subprocess.run(["gcc", "-Wall", "-Wextra", "-Werror", "-o", "example", "example.c", "-lsecprof"],
                           cwd=home, capture_output=True, text=True)
    if not result(built.returncode == 0, f"{where}: the C program compiles", built.stderr):
        return
    ran = subprocess.run(["./example", "grep", "Seccomp:", "/proc/self/status"], cwd=home,
                         capture_output=True, text=True)
    result(ran.stdout == "Seccomp:\t2\n", f"{where}: it runs a program under a filter", ran.stdout + ran.stderr)


def run_json(where, text, home):
    """A profile compiles; what lets programs start runs those that its page speaks of."""
    value = json.loads(text)
    if "defaultAction" not in value:
        result("runtimes" in value, f"{where}: JSON for Docker", text)
        return
    (home / "example.json").write_text(text)
    check = subprocess.run(["secprofctl", "check", "--strict", "example.json"], cwd=home, capture_output=True,
                           text=True)
    result(check.returncode == 0, f"{where}: the profile compiles without a warning", check.stderr)
    if '"execve"' not in text:
        return
    shutil.copyfile(home / "example.json", "/etc/secprof/profiles.d/example.json")
    sh("secprofctl reload > /dev/null")
    for what, command, code, output in (
            ("cat runs under it", ["cat", "old.json"], 0, (home / "old.json").read_text()),
            ("so does a static program", ["./root/program"], 0, ""),
            ("and nothing else", ["mkdir", "made"], 1, "")):
        ran = subprocess.run(["secprofctl", "run", "example", "--", *command], cwd=home, capture_output=True,
                             text=True)
        result((ran.returncode, ran.stdout) == (code, output), f"{where}: {what}",
               f"exit status {ran.returncode}: {ran.stderr}")


def run_unit(where, text, home):
    """The command of a unit, which the service manager would start."""
    for command in re.findall(r"^ExecStart=(.+)$", text, re.M):
        ran = subprocess.run(command.replace("--its-option", "0"), shell=True, cwd=home, capture_output=True,
                             text=True)
        result(ran.returncode == 0, f"{where}: {command}", ran.stderr)


def run_toml(where, text, home):
    del home
    result("plugins" in tomllib.loads(text), f"{where}: TOML for containerd", text)


RUNNERS = {"sh": run_shell, "c": run_c, "json": run_json, "ini": run_unit, "toml": run_toml}


def inside(build):
    os.environ.pop("SECPROF_SOCKET", None)
    os.environ.update(HOME=str(SCRATCH / "home"), LC_ALL="C", PATH="/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
    examples = []
    for path in FILES:
        read = of_readme if path.suffix == ".md" else of_manual
        found = list(read(path, path.read_text()))
        if not found and "EXAMPLES" in path.read_text():
            result(False, f"{path.name} has examples that are understood", "none was found")
        examples += found
    sh(f"mount -t tmpfs -o mode=755 scratch {SCRATCH}")
    for place in ("usr", "etc", "var/lib"):
        sh(f"cd {SCRATCH} && mkdir -p {place}/upper {place}/work && mount -t overlay overlay -o "
           f"lowerdir=/{place},upperdir={place}/upper,workdir={place}/work /{place}")
    install(build)
    sh("mount -t tmpfs -o mode=755 run /run && mount -t tmpfs -o mode=1777 tmp /tmp")
    home = lay_out()
    lay_out_containers(home)
    start_daemon()
    for where, kind, text in examples:
        if kind in RUNNERS:
            RUNNERS[kind](where, text, home)
        else:
            result(False, f"{where}: an example of a known kind", f"it is '{kind}'")


NAMESPACES = ["unshare", "-m", "-p", "-C", "-u", "--propagation", "private", "--fork", "--kill-child", "--mount-proc"]


def finish():
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    return 1 if failed else 0


def main():
    if len(sys.argv) == 3 and sys.argv[2] == "--inside":
        inside(Path(sys.argv[1]))
        return finish()
    build = Path(sys.argv[1]).resolve()
    if os.geteuid() != 0:
        skip("all examples", "not root: no mount namespace can be made")
        return finish()
    probe = subprocess.run([*NAMESPACES, "true"], capture_output=True, text=True)
    if probe.returncode != 0:
        skip("all examples", f"no mount namespace can be made here: {probe.stderr.strip()}")
        return finish()
    # A cgroup of its own, which is the root of its cgroup namespace.
    mount = subprocess.run(["findmnt", "-n", "-t", "cgroup2", "-o", "TARGET"], capture_output=True, text=True)
    cgroup = Path(mount.stdout.split()[0]) / f"secprof.{os.getpid()}" if mount.stdout else None
    if cgroup:
        cgroup.mkdir()
    try:
        return subprocess.run([*NAMESPACES, sys.executable, __file__, str(build), "--inside"],
                              preexec_fn=lambda: cgroup and (cgroup / "cgroup.procs").write_text("0")).returncode
    finally:
        if cgroup:
            wait_for(lambda: not (cgroup / "cgroup.procs").read_text())
            for directory in [*(d for d in sorted(cgroup.glob("**/"), reverse=True) if d != cgroup), cgroup]:
                directory.rmdir()


if __name__ == "__main__":
    sys.exit(main())
