// SPDX-License-Identifier: LGPL-2.1-or-later

package secprof

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// tests/e2e/client-go.sh starts the daemon and the grown server, and says where they are. In the
// directory of profiles, "p" makes getcwd fail with 42 (ENOMSG), "c" asks for capabilities, "broken"
// does not compile.
var (
	profiles = os.Getenv("SECPROF_TEST_PROFILES")
	grown    = os.Getenv("SECPROF_TEST_GROWN")
)

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "install-all-threads" {
		installAllThreads()
	}
	os.Exit(m.Run())
}

func dial(t *testing.T, path string) (*Client, context.Context) {
	t.Helper()
	if profiles == "" || grown == "" {
		t.Skip("tests/e2e/client-go.sh runs this")
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	c, err := Dial(ctx, path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(); cancel() })
	return c, ctx
}

func must[T any](t *testing.T) func(T, error) T {
	return func(value T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

func wantError(t *testing.T, what string, err, target error) {
	t.Helper()
	if !errors.Is(err, target) {
		t.Errorf("%s: wanted %v, got %v", what, target, err)
	}
}

// denied is the errno in the filter of a profile that has one.
func denied(t *testing.T, code []byte) int {
	t.Helper()
	for ; len(code) >= 8; code = code[8:] {
		if k := order.Uint32(code[4:]); order.Uint16(code) == 6 && k>>16 == 5 {
			return int(k & 0xffff)
		}
	}
	t.Fatal("the filter denies nothing")
	return 0
}

func openFDs(t *testing.T) int {
	t.Helper()
	// What was dropped has to be closed, too.
	for i := 0; i < 3; i++ {
		runtime.GC()
		time.Sleep(10 * time.Millisecond)
	}
	return len(must[[]os.DirEntry](t)(os.ReadDir("/proc/self/fd")))
}

func TestGet(t *testing.T) {
	c, ctx := dial(t, "")
	filter := must[*Filter](t)(c.Get(ctx, "p", nil))
	if got := denied(t, filter.Code); got != 42 {
		t.Errorf("it denies with %d", got)
	}
	if filter.AuditArch != machines[runtime.GOARCH].auditArch || filter.Stale || filter.Generation == 0 {
		t.Errorf("info: %+v", filter.Info)
	}
	before := openFDs(t)
	file, info, err := c.GetFile(ctx, "p", nil)
	if err != nil {
		t.Fatal(err)
	}
	if code := must[[]byte](t)(readWhole(file, place{0, uint32(len(filter.Code))}, 1<<16)); !bytes.Equal(code, filter.Code) || info != filter.Info {
		t.Error("the file has another filter")
	}
	if flags, _ := fcntl(int(file.Fd()), syscall.F_GETFD, 0); flags != syscall.FD_CLOEXEC {
		t.Error("the file is not close-on-exec")
	}
	file.Close()
	text, info, err := c.Source(ctx, "p")
	if err != nil {
		t.Fatal(err)
	}
	onDisk := must[[]byte](t)(os.ReadFile(filepath.Join(profiles, "p.json")))
	if !bytes.Equal(text, onDisk) || info.SourceDigest != sha256.Sum256(onDisk) {
		t.Error("the source is another text")
	}
	if after := openFDs(t); after != before {
		t.Errorf("%d fds are left", after-before)
	}
}

func TestOptions(t *testing.T) {
	c, ctx := dial(t, "")
	plain := must[*Filter](t)(c.Get(ctx, "c", nil))
	caps := must[Caps](t)(ParseCaps([]string{"CAP_SYS_ADMIN", "sys_chroot"}))
	if caps != 1<<21|1<<18 {
		t.Errorf("ParseCaps: %#x", uint64(caps))
	}
	if _, err := ParseCaps([]string{"CAP_NO"}); err == nil {
		t.Error("ParseCaps took CAP_NO")
	}
	seen := map[[32]byte]bool{plain.Digest: true}
	for _, options := range []Options{{Caps: caps}, {Kernel: 4<<16 | 4}} {
		filter := must[*Filter](t)(c.Get(ctx, "c", &options))
		if seen[filter.Digest] {
			t.Errorf("%+v changed nothing", options)
		}
		seen[filter.Digest] = true
	}
}

func TestModes(t *testing.T) {
	c, ctx := dial(t, "")
	plain := must[*Filter](t)(c.Get(ctx, "p", nil))
	audit := must[*Filter](t)(c.Get(ctx, "p", &Options{Mode: Audit}))
	log := must[*Filter](t)(c.Get(ctx, "p", &Options{Mode: Log}))
	if audit.Digest == plain.Digest || audit.Flags != plain.Flags {
		t.Errorf("audit: %+v", audit.Info)
	}
	if log.Digest != plain.Digest || log.Flags != plain.Flags|2 {
		t.Errorf("log: %+v", log.Info)
	}
	for name, same := range map[string]*Filter{"p@audit": audit, "p@log": log} {
		named := must[*Filter](t)(c.Get(ctx, name, nil))
		if named.Digest != same.Digest || named.Flags != same.Flags {
			t.Errorf("%s: %+v", name, named.Info)
		}
	}
	_, err := c.Get(ctx, "p@log", &Options{Mode: Audit})
	wantError(t, "two modes", err, syscall.EINVAL)
	_, err = c.Get(ctx, "p@enforce", nil)
	wantError(t, "a name that only looks so", err, NotFound)
	_, err = c.Get(ctx, "@audit", nil)
	wantError(t, "a mode of nothing", err, BadName)
	_, err = c.Get(ctx, "p", &Options{Mode: 3})
	wantError(t, "an unknown mode", err, BadRequest)
}

func TestErrors(t *testing.T) {
	c, ctx := dial(t, "")
	_, err := c.Get(ctx, "nosuch", nil)
	wantError(t, "an unknown profile", err, NotFound)
	wantError(t, "an unknown profile", err, fs.ErrNotExist)
	var refused *Error
	if !errors.As(err, &refused) || refused.Status != NotFound || errors.Is(err, Broken) || errors.Is(err, fs.ErrPermission) {
		t.Errorf("it is %#v", err)
	}
	for _, name := range []string{"", "../p", strings.Repeat("n", 128), "a\x00b"} {
		_, err = c.Get(ctx, name, nil)
		wantError(t, "a bad name", err, BadName)
	}
	_, err = c.Get(ctx, "broken", nil)
	wantError(t, "a broken profile", err, Broken)
	_, err = c.Get(ctx, "p", &Options{AuditArch: 12345})
	wantError(t, "an unknown target", err, BadTarget)
	_, err = c.Compile(ctx, nil, nil)
	wantError(t, "no profile", err, syscall.EINVAL)
	if !errors.Is(&Error{Status: Forbidden}, fs.ErrPermission) {
		t.Error("Forbidden is not fs.ErrPermission")
	}
	_, err = Dial(ctx, "/nosuch")
	wantError(t, "no daemon", err, fs.ErrNotExist)
	if _, err = c.Get(ctx, "p", nil); err != nil {
		t.Errorf("the connection is of use after that: %v", err)
	}
}

func TestCompile(t *testing.T) {
	c, ctx := dial(t, "")
	text := must[[]byte](t)(os.ReadFile(filepath.Join(profiles, "p.json")))
	text = bytes.ReplaceAll(text, []byte("42"), []byte("77"))
	// On a fresh connection the kernel may refuse the fd (Linux 6.16 and later).
	for i := 0; i < 50; i++ {
		fresh := must[*Client](t)(Dial(ctx, ""))
		if got := denied(t, must[*Filter](t)(fresh.Compile(ctx, text, nil)).Code); got != 77 {
			t.Fatalf("it denies with %d", got)
		}
		fresh.Close()
	}
	_, err := c.Compile(ctx, []byte("{"), nil)
	wantError(t, "a profile that does not compile", err, Broken)
	var refused *Error
	if !errors.As(err, &refused) || !strings.HasPrefix(refused.Text, "profile:1:") {
		t.Errorf("it is %#v", err)
	}
	helper := must[*Helper](t)(c.CompileHelper(ctx, text, nil))
	defer helper.Close()
	if out := must[[]byte](t)(helper.Command(ctx, "grep", "Seccomp:", "/proc/self/status").Output()); string(out) != "Seccomp:\t2\n" {
		t.Errorf("its helper: %q", out)
	}
}

func TestProfilesAndWatch(t *testing.T) {
	c, ctx := dial(t, "")
	states := map[string]State{}
	for _, p := range must[[]Profile](t)(c.Profiles(ctx)) {
		states[p.Name] = p.State
	}
	for name, want := range map[string]State{"p": StateServed, "c": StateServed, "broken": StateBroken} {
		if states[name] != want {
			t.Errorf("profiles: %v", states)
		}
	}
	w := must[*Watcher](t)(c.Watch(ctx))
	defer w.Close()
	short, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
	defer cancel()
	_, err := w.Next(short)
	wantError(t, "nothing happens", err, context.DeadlineExceeded)

	text := must[[]byte](t)(os.ReadFile(filepath.Join(profiles, "p.json")))
	path := filepath.Join(profiles, "new.json")
	if err := os.WriteFile(path, text, 0o644); err != nil {
		t.Fatal(err)
	}
	change := must[Change](t)(w.Next(ctx))
	if change.Name != "new" || change.Kind != KindServed ||
		change.Digest != must[*Filter](t)(c.Get(ctx, "new", nil)).Digest || change.Generation <= w.Generation {
		t.Errorf("a new profile: %+v", change)
	}
	os.Remove(path)
	if change = must[Change](t)(w.Next(ctx)); change.Name != "new" || change.Kind != KindGone || change.Kind.String() != "gone" {
		t.Errorf("it is gone: %+v", change)
	}
}

func TestCommand(t *testing.T) {
	c, ctx := dial(t, "")
	before := openFDs(t)
	probe := "grep Seccomp: /proc/self/status; ls -l /proc/self/fd; exit 7"
	out, err := c.Command(ctx, "p", "sh", "-c", probe).Output()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 7 {
		t.Errorf("exit: %v", err)
	}
	if got := string(out); !strings.HasPrefix(got, "Seccomp:\t2\n") || !strings.Contains(got, " -> ") || strings.Contains(got, "memfd") {
		t.Errorf("output: %q", got)
	}
	if err := c.Command(ctx, "p", "no-such-program").Run(); !errors.As(err, &exit) || exit.ExitCode() != 127 {
		t.Errorf("no program: %v", err)
	}
	marker := filepath.Join(t.TempDir(), "started")
	wantError(t, "no profile", c.Command(ctx, "nosuch", "touch", marker).Run(), NotFound)
	if _, err := os.Stat(marker); err == nil {
		t.Error("it was started without a filter")
	}
	over, cancel := context.WithCancel(ctx)
	cancel()
	wantError(t, "after the end of the context", c.Command(over, "p", "true").Run(), context.Canceled)
	if after := openFDs(t); after > before {
		t.Errorf("%d fds are left", after-before)
	}
}

func TestHelper(t *testing.T) {
	c, ctx := dial(t, "")
	helper := must[*Helper](t)(c.Helper(ctx, "p", nil))
	cmd := helper.Command(ctx, "sh", "-c", "cat <&3; id -u; grep Seccomp: /proc/self/status; ls -l /proc/self/fd")
	if helper.Close() != nil || helper.Command(ctx, "true").Run() == nil {
		t.Error("a closed helper starts programs")
	}
	// Extra files are what replaces fds of the child; the garbage collector closes what is forgotten.
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	write.WriteString("extra\n")
	write.Close()
	for i := 0; i < 40; i++ {
		cmd.ExtraFiles = append(cmd.ExtraFiles, read)
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	for i := 0; i < 3; i++ {
		runtime.GC()
		time.Sleep(10 * time.Millisecond)
	}
	out := must[[]byte](t)(cmd.CombinedOutput())
	if got := string(out); !strings.HasPrefix(got, "extra\n65534\nSeccomp:\t2\n") ||
		strings.Count(got, " -> pipe:") < 40 || strings.Contains(got, "memfd") {
		t.Errorf("output: %q", got)
	}
}

func TestMany(t *testing.T) {
	c, ctx := dial(t, "")
	var group sync.WaitGroup
	for i := 0; i < 16; i++ {
		group.Add(1)
		go func() {
			defer group.Done()
			for i := 0; i < 50; i++ {
				if _, err := c.Get(ctx, "p", nil); err != nil {
					t.Error(err)
					return
				}
			}
		}()
	}
	group.Wait()
	over, cancel := context.WithCancel(ctx)
	cancel()
	_, err := c.Get(over, "p", nil)
	wantError(t, "after the end of its context", err, context.Canceled)
	c.Close()
	if _, err := c.Get(ctx, "p", nil); err != nil {
		t.Errorf("a closed client connects again: %v", err)
	}
}

// A full backlog gives EAGAIN at once; the client waits for its turn, and for no longer than it may.
func TestBacklog(t *testing.T) {
	path := filepath.Join(t.TempDir(), "socket")
	fd := must[int](t)(syscall.Socket(syscall.AF_UNIX, syscall.SOCK_SEQPACKET|syscall.SOCK_CLOEXEC, 0))
	defer syscall.Close(fd)
	if err := syscall.Bind(fd, &syscall.SockaddrUnix{Name: path}); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Listen(fd, 0); err != nil {
		t.Fatal(err)
	}
	var held []net.Conn
	for {
		conn, err := net.Dial("unixpacket", path)
		if err != nil {
			wantError(t, "the backlog is full", err, syscall.EAGAIN)
			break
		}
		held = append(held, conn)
	}
	short, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	_, err := Dial(short, path)
	wantError(t, "it stays full", err, context.DeadlineExceeded)

	go func() {
		time.Sleep(50 * time.Millisecond)
		if peer, _, err := syscall.Accept(fd); err == nil {
			defer syscall.Close(peer)
			time.Sleep(2 * time.Second)
		}
	}()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	c, err := Dial(ctx, path)
	if err != nil {
		t.Fatal(err)
	}
	// Nobody answers: only the context ends it.
	short, cancel = context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	_, err = c.Get(short, "p", nil)
	wantError(t, "no answer", err, context.DeadlineExceeded)
	c.Close()
	for _, conn := range held {
		conn.Close()
	}
}

// installAllThreads runs in a process of its own: what it does cannot be undone.
func installAllThreads() {
	stop := make(chan struct{})
	for i := 0; i < 8; i++ {
		go func() {
			runtime.LockOSThread()
			<-stop
		}()
	}
	time.Sleep(50 * time.Millisecond)
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	c, err := Dial(ctx, "")
	if err != nil {
		panic(err)
	}
	filter, err := c.Get(ctx, "p", nil)
	if err != nil {
		panic(err)
	}
	foreign := *filter
	foreign.AuditArch = 1
	listener := *filter
	listener.Flags |= flagNewListener
	changed := *filter
	changed.Code = append([]byte{1}, filter.Code[1:]...)
	fmt.Println(errors.Is(InstallAllThreads(&foreign), ErrUnusable), errors.Is(InstallAllThreads(&listener), ErrUnusable),
		errors.Is(InstallAllThreads(&changed), ErrBadReply), threads())
	fmt.Println(InstallAllThreads(filter), threads())
	_, _, e := syscall.RawSyscall(syscall.SYS_GETCWD, 0, 0, 0)
	fmt.Println(int(e))
	os.Exit(0)
}

// threads counts what /proc says of this process's threads.
func threads() string {
	paths, _ := filepath.Glob("/proc/self/task/*/status")
	confined, free := 0, 0
	for _, path := range paths {
		text, _ := os.ReadFile(path)
		switch {
		case bytes.Contains(text, []byte("NoNewPrivs:\t1\nSeccomp:\t2\n")):
			confined++
		case bytes.Contains(text, []byte("NoNewPrivs:\t0\nSeccomp:\t0\n")):
			free++
		}
	}
	return fmt.Sprint(len(paths) >= 8, confined == len(paths), free == len(paths))
}

func TestInstallAllThreads(t *testing.T) {
	dial(t, "")
	out := must[[]byte](t)(exec.Command(os.Args[0], "install-all-threads").CombinedOutput())
	if want := "true true true true false true\n<nil> true true false\n42\n"; string(out) != want {
		t.Errorf("wanted %q, got %q", want, out)
	}
}

func TestGrown(t *testing.T) {
	c, ctx := dial(t, grown)
	filter := must[*Filter](t)(c.Get(ctx, "a", nil))
	if len(filter.Code) != 8 || filter.Stale {
		t.Errorf("GET: %+v", filter)
	}
	file, _, err := c.GetFile(ctx, "a", nil)
	if err != nil {
		t.Fatal(err)
	}
	file.Close()
	if _, _, err := c.Source(ctx, "a"); err != nil {
		t.Error(err)
	}
	must[*Helper](t)(c.Helper(ctx, "a", nil)).Close()
	must[*Filter](t)(c.Compile(ctx, []byte("{}"), nil))
	var names []string
	for _, p := range must[[]Profile](t)(c.Profiles(ctx)) {
		names = append(names, p.Name+" "+p.State.String())
	}
	if want := []string{"a served", "c stale"}; !reflect.DeepEqual(names, want) {
		t.Errorf("profiles: %q", names)
	}
	w := must[*Watcher](t)(c.Watch(ctx))
	defer w.Close()
	for _, kind := range []Kind{KindServed, KindGone, KindLost} {
		if change := must[Change](t)(w.Next(ctx)); change.Kind != kind {
			t.Errorf("wanted %v, got %+v", kind, change)
		}
	}
	for _, status := range []Status{16, 99, 4000000} {
		_, err := c.Get(ctx, fmt.Sprintf("status-%d", uint32(status)), nil)
		wantError(t, "an unknown status", err, status)
		if !strings.Contains(fmt.Sprint(err), "a refusal of the future") {
			t.Errorf("it says %v", err)
		}
		var refused *Error
		if !errors.As(err, &refused) || refused.Reason != uint32(100*status+99) || refused.Field != 40 ||
			refused.Retry != 1500*time.Millisecond {
			t.Errorf("all else: %+v", refused)
		}
	}
	_, err = c.Get(ctx, "newer", nil)
	wantError(t, "a daemon of another version", err, BadVersion)
}

func TestBadReplies(t *testing.T) {
	always := "length no-count short magic version opcode serial two-fds truncated offset before text mode"
	files := always + " unsealed writable no-fd"
	for _, test := range []struct {
		what, faults string
		call         func(*Client, context.Context, string) error
	}{
		{"Get", always + " digest count", func(c *Client, ctx context.Context, name string) error {
			_, err := c.Get(ctx, name, nil)
			return err
		}},
		{"GetFile", files + " digest count resize", func(c *Client, ctx context.Context, name string) error {
			_, _, err := c.GetFile(ctx, name, nil)
			return err
		}},
		{"Source", files + " source-digest resize", func(c *Client, ctx context.Context, name string) error {
			_, _, err := c.Source(ctx, name)
			return err
		}},
		{"Helper", files + " digest count helper no-helper", func(c *Client, ctx context.Context, name string) error {
			_, err := c.Helper(ctx, name, nil)
			return err
		}},
	} {
		for _, fault := range strings.Fields(test.faults) {
			c, ctx := dial(t, grown)
			before := openFDs(t)
			wantError(t, test.what+" "+fault, test.call(c, ctx, fault), ErrBadReply)
			if after := openFDs(t); after > before {
				t.Errorf("%s %s: %d fds are left", test.what, fault, after-before)
			}
			if _, err := c.Get(ctx, "a", nil); err != nil {
				t.Errorf("%s %s: after it: %v", test.what, fault, err)
			}
		}
	}
}
