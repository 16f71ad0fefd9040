// SPDX-License-Identifier: LGPL-2.1-or-later

package secprof

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"syscall"
)

// Options choose a variant of a profile. nil means this machine and no capabilities.
type Options struct {
	Caps      Caps   // that the process will have
	AuditArch uint32 // AUDIT_ARCH_* of the target's native ABI; 0: the daemon's
	Kernel    uint32 // major<<16 | minor that the filter will run on; 0: the daemon's
	Mode      Mode   // a name may say the same with its end: "web@audit"
}

// Mode is what becomes of a profile's verdicts.
type Mode uint32

const (
	Enforce Mode = iota // they are as the profile says
	Audit               // what would be denied is let through, and the kernel logs it
	Log                 // they are as the profile says, and the kernel logs what is denied
)

// Info is what the daemon says of a filter.
type Info struct {
	Generation   uint64   // of what the daemon serves; grows with each change
	Digest       [32]byte // SHA-256 of the filter
	Insns        int      // of 8 bytes each
	Flags        uint32   // SECCOMP_FILTER_FLAG_* that the profile and the mode ask for
	AuditArch    uint32   // of the target
	Stale        bool     // the file on disk is broken, and this is the last good filter
	SourceDigest [32]byte // SHA-256 of the profile's text
}

// Filter is a filter as bytes: struct sock_filter[] in the byte order of the target.
type Filter struct {
	Info
	Code []byte
}

// Get fetches the filter of the profile name.
func (c *Client) Get(ctx context.Context, name string, options *Options) (*Filter, error) {
	body, err := encodeGet(name, options, asBytes)
	if err != nil {
		return nil, err
	}
	return c.filter(ctx, opGet, body, -1)
}

// GetFile fetches the same as a file, for another program such as bwrap: read-only, sealed,
// close-on-exec. The caller closes it.
func (c *Client) GetFile(ctx context.Context, name string, options *Options) (*os.File, Info, error) {
	body, err := encodeGet(name, options, asFD)
	if err != nil {
		return nil, Info{}, err
	}
	return c.file(ctx, opGet, body, -1, func(file *os.File, info Info, at place) error {
		code, err := readWhole(file, at, int64(8*info.Insns))
		if err != nil {
			return err
		}
		return checkCode(code, info)
	})
}

// Source fetches the text of the profile name, the version that is in service. Where SourceDigest
// is that of a filter fetched before, this is what that filter was made from.
func (c *Client) Source(ctx context.Context, name string) ([]byte, Info, error) {
	body, err := encodeGet(name, nil, asSource)
	if err != nil {
		return nil, Info{}, err
	}
	var text []byte
	file, info, err := c.file(ctx, opGet, body, -1, func(file *os.File, info Info, at place) error {
		var err error
		text, err = readWhole(file, at, maxSource)
		if err == nil && sha256.Sum256(text) != info.SourceDigest {
			err = badReply("the profile and its digest differ")
		}
		return err
	})
	if err != nil {
		return nil, Info{}, err
	}
	file.Close()
	return text, info, nil
}

// Compile returns the filter of a profile that the caller has. For root and the daemon's user. A
// profile that does not compile is Broken; the text has a line for each error.
func (c *Client) Compile(ctx context.Context, profile []byte, options *Options) (*Filter, error) {
	memory, err := sealed(profile)
	if err != nil {
		return nil, err
	}
	defer syscall.Close(memory)
	return c.filter(ctx, opCompile, encodeCompile(options, asBytes), memory)
}

func encodeGet(name string, options *Options, delivery uint32) ([]byte, error) {
	name, mode, err := splitName(name, options)
	if err != nil {
		return nil, err
	}
	field, err := encodeName(name)
	if err != nil {
		return nil, err
	}
	body := append(encodeVariant(options, mode, delivery), field...)
	return append(body, make([]byte, labelSize)...), nil
}

func encodeCompile(options *Options, delivery uint32) []byte {
	mode := Enforce
	if options != nil {
		mode = options.Mode
	}
	return append(encodeVariant(options, mode, delivery), make([]byte, labelSize)...)
}

func (c *Client) filter(ctx context.Context, op uint16, body []byte, fd int) (*Filter, error) {
	reply, _, err := c.call(ctx, op, body, fd, false)
	if err != nil {
		return nil, err
	}
	info, err := decodeInfo(reply, body)
	if err != nil {
		return nil, err
	}
	at := decodePlace(reply)
	code, err := part(reply, at.offset, at.size, filterSize)
	if err != nil {
		return nil, err
	}
	if err := checkCode(code, info); err != nil {
		return nil, err
	}
	return &Filter{info, code}, nil
}

// file makes a request that is answered with a file, and has that checked.
func (c *Client) file(ctx context.Context, op uint16, body []byte, fd int, check func(*os.File, Info, place) error) (*os.File, Info, error) {
	reply, got, err := c.call(ctx, op, body, fd, true)
	if err != nil {
		return nil, Info{}, err
	}
	file := os.NewFile(uintptr(got), "secprof")
	info, err := decodeInfo(reply, body)
	if err == nil {
		err = checkSeals(got)
	}
	if err == nil {
		err = check(file, info, decodePlace(reply))
	}
	if err != nil {
		file.Close()
		return nil, Info{}, err
	}
	return file, info, nil
}

func checkCode(code []byte, info Info) error {
	if len(code) != 8*info.Insns || sha256.Sum256(code) != info.Digest {
		return badReply("the filter and its digest differ")
	}
	return nil
}

// checkSeals sees that nobody can change the file, this process neither.
func checkSeals(fd int) error {
	if found, err := fcntl(fd, fGetSeals, 0); err != nil || found&seals != seals {
		return badReply("the file is not sealed")
	}
	if flags, err := fcntl(fd, syscall.F_GETFL, 0); err != nil || flags&syscall.O_ACCMODE != syscall.O_RDONLY {
		return badReply("the file is not read-only")
	}
	return nil
}

// readWhole returns the whole file, which is what was asked for and nothing else.
func readWhole(file *os.File, at place, most int64) ([]byte, error) {
	stat, err := file.Stat()
	if err != nil {
		return nil, err
	}
	if at.offset != 0 || int64(at.size) != stat.Size() || at.size == 0 || stat.Size() > most {
		return nil, badReply("a file of %d bytes", stat.Size())
	}
	data := make([]byte, stat.Size())
	if _, err := file.ReadAt(data, 0); err != nil {
		return nil, err
	}
	return data, nil
}

// sealed puts a profile's text into memory that nobody can change, as the daemon wants it.
func sealed(profile []byte) (int, error) {
	if len(profile) == 0 || len(profile) > maxSource {
		return -1, fmt.Errorf("secprof: a profile of %d bytes: %w", len(profile), syscall.EINVAL)
	}
	fd, err := memfdCreate("profile")
	if err != nil {
		return -1, err
	}
	for len(profile) > 0 && err == nil {
		var n int
		n, err = syscall.Write(fd, profile)
		if err == nil {
			profile = profile[n:]
		} else if err == syscall.EINTR {
			err = nil
		}
	}
	if err == nil {
		_, err = fcntl(fd, fAddSeals, seals)
	}
	if err != nil {
		syscall.Close(fd)
		return -1, err
	}
	return fd, nil
}
