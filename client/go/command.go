// SPDX-License-Identifier: LGPL-2.1-or-later

package secprof

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"
)

// Helper is an executable, secprof-helper, with a filter built in. It sets no_new_privs, installs
// the filter and becomes the program that it is told.
type Helper struct {
	Info
	file *os.File
}

// Helper fetches the filter of the profile name as an executable. One helper can start any number
// of programs, also after the daemon has ended. The caller closes it.
func (c *Client) Helper(ctx context.Context, name string, options *Options) (*Helper, error) {
	body, err := encodeGet(name, options, asHelper)
	if err != nil {
		return nil, err
	}
	return c.helper(ctx, opGet, body, -1)
}

// CompileHelper is Helper for a profile that the caller has, as Compile takes it.
func (c *Client) CompileHelper(ctx context.Context, profile []byte, options *Options) (*Helper, error) {
	memory, err := sealed(profile)
	if err != nil {
		return nil, err
	}
	defer syscall.Close(memory)
	return c.helper(ctx, opCompile, encodeCompile(options, asHelper), memory)
}

func (c *Client) helper(ctx context.Context, op uint16, body []byte, fd int) (*Helper, error) {
	file, info, err := c.file(ctx, op, body, fd, checkHelper)
	if err != nil {
		return nil, err
	}
	return &Helper{info, file}, nil
}

func checkHelper(file *os.File, info Info, at place) error {
	stat, err := file.Stat()
	if err != nil {
		return err
	}
	if !stat.Mode().IsRegular() || stat.Mode().Perm()&0o111 != 0o111 {
		return badReply("the helper cannot be executed")
	}
	head := make([]byte, 4)
	if stat.Size() > maxHelper {
		return badReply("a helper of %d bytes", stat.Size())
	}
	if n, _ := file.ReadAt(head, 0); n < 4 || string(head) != "\x7fELF" {
		return badReply("the helper is no program")
	}
	if int64(at.offset)+int64(at.size) > stat.Size() {
		return badReply("the helper is shorter than it should be")
	}
	code := make([]byte, at.size)
	if _, err := file.ReadAt(code, int64(at.offset)); err != nil {
		return err
	}
	return checkCode(code, info)
}

// Close gives the helper up. Commands that were made of it stay of use.
func (h *Helper) Close() error { return h.file.Close() }

type helperKey struct{}

// Command is exec.CommandContext for a program that runs under the filter. The program is looked
// for in the PATH of its own environment; the exit code is 127 where it is not found, 126 where it
// cannot be executed, 125 where the filter could not be installed. It does not get the helper's
// fd.
//
// The helper is executed as /proc/self/fd/N, so a SysProcAttr.Chroot needs a /proc in the new root,
// and Path must not be changed. In a root without /proc use InstallAllThreads before syscall.Exec.
func (h *Helper) Command(ctx context.Context, name string, arg ...string) *exec.Cmd {
	file, err := aside(h.file)
	if err != nil {
		return failed(ctx, name, arg, err)
	}
	// The command refers to its context, and so keeps the file open as long as it can be started.
	ctx = context.WithValue(ctx, helperKey{}, file)
	cmd := exec.CommandContext(ctx, fmt.Sprintf("/proc/self/fd/%d", file.Fd()))
	cmd.Args = append([]string{"secprof-helper", "--", name}, arg...)
	return cmd
}

// Command fetches the helper of a profile and returns a command as Helper.Command has it. What goes
// wrong is in Err of the command, and Start returns it: the program never runs without the filter.
func (c *Client) Command(ctx context.Context, profile, name string, arg ...string) *exec.Cmd {
	helper, err := c.Helper(ctx, profile, nil)
	if err != nil {
		return failed(ctx, name, arg, err)
	}
	defer helper.Close()
	return helper.Command(ctx, name, arg...)
}

// failed makes a command that cannot start. Its path is nothing that could be executed either.
func failed(ctx context.Context, name string, arg []string, err error) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "/dev/null")
	cmd.Args = append([]string{name}, arg...)
	cmd.Err = err
	return cmd
}

// aside returns another fd of the file. Before a child executes its program its fds from 3 on are
// replaced by ExtraFiles, so the number is one that these do not reach.
func aside(file *os.File) (*os.File, error) {
	for lowest := 1000; ; lowest /= 2 {
		fd, err := fcntl(int(file.Fd()), syscall.F_DUPFD_CLOEXEC, lowest)
		// The limit on fds may be lower than that.
		if err == syscall.EINVAL && lowest > 64 {
			continue
		}
		runtime.KeepAlive(file)
		if err != nil {
			return nil, os.NewSyscallError("fcntl", err)
		}
		return os.NewFile(uintptr(fd), "secprof-helper"), nil
	}
}
