// SPDX-License-Identifier: LGPL-2.1-or-later

package secprof

import (
	"fmt"
	"os"
	"runtime"
	"syscall"
	"unsafe"
)

const (
	prSetNoNewPrivs  = 38
	secSetModeFilter = 1
	flagTSync        = 1 << 0
	flagNewListener  = 1 << 3
	flagTSyncESRCH   = 1 << 4

	fAddSeals = 1033
	fGetSeals = 1034
	seals     = 0x2 | 0x4 | 0x8 // F_SEAL_SHRINK, F_SEAL_GROW, F_SEAL_WRITE

	mfdCloexec      = 1
	mfdAllowSealing = 2
)

// What package syscall does not have for every architecture.
var machines = map[string]struct {
	auditArch         uint32
	seccomp, memfdNew uintptr
}{
	"386":      {0x40000003, 354, 356},
	"amd64":    {0xC000003E, 317, 319},
	"arm":      {0x40000028, 383, 385},
	"arm64":    {0xC00000B7, 277, 279},
	"loong64":  {0xC0000102, 277, 279},
	"mips":     {0x00000008, 4352, 4354},
	"mipsle":   {0x40000008, 4352, 4354},
	"mips64":   {0x80000008, 5312, 5314},
	"mips64le": {0xC0000008, 5312, 5314},
	"ppc64":    {0x80000015, 358, 360},
	"ppc64le":  {0xC0000015, 358, 360},
	"riscv64":  {0xC00000F3, 277, 279},
	"s390x":    {0x80000016, 348, 350},
}

// InstallAllThreads installs a filter, with the flags of its profile, in all threads of this
// process, and sets their no_new_privs. It holds from then on, also after exec, and cannot be taken
// away. A filter for another architecture and one that needs a listener are ErrUnusable; nothing
// has changed then. The filter must allow what the Go runtime does, for as long as that runs.
func InstallAllThreads(filter *Filter) error {
	machine, known := machines[runtime.GOARCH]
	switch {
	case !known || filter.AuditArch != machine.auditArch:
		return fmt.Errorf("%w: it is for another architecture", ErrUnusable)
	case filter.Flags&flagNewListener != 0:
		return fmt.Errorf("%w: it needs a listener", ErrUnusable)
	}
	if err := checkCode(filter.Code, filter.Info); err != nil {
		return err
	}
	// Both calls have to be made by the same thread. The kernel gives its no_new_privs to the others.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if _, _, e := syscall.RawSyscall6(syscall.SYS_PRCTL, prSetNoNewPrivs, 1, 0, 0, 0, 0); e != 0 {
		return os.NewSyscallError("prctl", e)
	}
	program := struct {
		n    uint16
		code unsafe.Pointer
	}{uint16(filter.Insns), unsafe.Pointer(&filter.Code[0])}
	thread, _, e := syscall.RawSyscall(machine.seccomp, secSetModeFilter,
		uintptr(filter.Flags&^flagTSyncESRCH|flagTSync), uintptr(unsafe.Pointer(&program)))
	runtime.KeepAlive(filter)
	if e != 0 {
		return os.NewSyscallError("seccomp", e)
	}
	if thread != 0 {
		return fmt.Errorf("%w: thread %d has a filter of its own", ErrUnusable, thread)
	}
	return nil
}

func fcntl(fd, command, argument int) (int, error) {
	n, _, e := syscall.Syscall(syscall.SYS_FCNTL, uintptr(fd), uintptr(command), uintptr(argument))
	if e != 0 {
		return -1, e
	}
	return int(n), nil
}

func memfdCreate(name string) (int, error) {
	machine, known := machines[runtime.GOARCH]
	if !known {
		return -1, syscall.ENOSYS
	}
	text, err := syscall.BytePtrFromString(name)
	if err != nil {
		return -1, err
	}
	fd, _, e := syscall.Syscall(machine.memfdNew, uintptr(unsafe.Pointer(text)), mfdCloexec|mfdAllowSealing, 0)
	if e != 0 {
		return -1, os.NewSyscallError("memfd_create", e)
	}
	return int(fd), nil
}
