// SPDX-License-Identifier: LGPL-2.1-or-later

// oci-exec BUNDLE: the part of an OCI runtime that secprof is about, which is what runs in the
// container last. It reads BUNDLE/config.json, asks secprofd for the filter, enters the root file
// system, puts itself under the filter, and becomes the container's program.
//
// The annotation io.secprof.profile names a profile; without it linux.seccomp is compiled, which
// secprofd does for root. Where there is neither, or no filter is got, nothing is executed.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"secprof.io/secprof"
)

type config struct {
	Process struct {
		Args         []string
		Env          []string
		Cwd          string
		Capabilities struct {
			Bounding []string
		}
	}
	Root struct {
		Path string
	}
	Linux struct {
		Seccomp json.RawMessage
	}
	Annotations map[string]string
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: oci-exec BUNDLE")
		os.Exit(2)
	}
	err := run(os.Args[1])
	fmt.Fprintln(os.Stderr, "oci-exec:", err)
	os.Exit(1)
}

// run returns only where it failed.
func run(bundle string) error {
	text, err := os.ReadFile(filepath.Join(bundle, "config.json"))
	if err != nil {
		return err
	}
	var c config
	if err := json.Unmarshal(text, &c); err != nil {
		return err
	}
	if len(c.Process.Args) == 0 {
		return errors.New("process.args is empty")
	}
	// Before the root changes: the socket is outside of it.
	filter, err := fetch(&c)
	if err != nil {
		return err
	}
	root := c.Root.Path
	if !filepath.IsAbs(root) {
		root = filepath.Join(bundle, root)
	}
	if err := syscall.Chroot(root); err != nil {
		return os.NewSyscallError("chroot", err)
	}
	if err := os.Chdir(filepath.Join("/", c.Process.Cwd)); err != nil {
		return err
	}
	os.Clearenv()
	for _, pair := range c.Process.Env {
		for i := range pair {
			if pair[i] == '=' {
				os.Setenv(pair[:i], pair[i+1:])
				break
			}
		}
	}
	program, err := exec.LookPath(c.Process.Args[0])
	if err != nil {
		return err
	}
	if err := secprof.InstallAllThreads(filter); err != nil {
		return err
	}
	return os.NewSyscallError("execve", syscall.Exec(program, c.Process.Args, c.Process.Env))
}

func fetch(c *config) (*secprof.Filter, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	caps, err := secprof.ParseCaps(c.Process.Capabilities.Bounding)
	if err != nil {
		return nil, err
	}
	client, err := secprof.Dial(ctx, "")
	if err != nil {
		return nil, err
	}
	defer client.Close()
	options := &secprof.Options{Caps: caps}
	if name := c.Annotations["io.secprof.profile"]; name != "" {
		return client.Get(ctx, name, options)
	}
	if len(c.Linux.Seccomp) == 0 || string(c.Linux.Seccomp) == "null" {
		return nil, errors.New("the container has no profile")
	}
	return client.Compile(ctx, c.Linux.Seccomp, options)
}
