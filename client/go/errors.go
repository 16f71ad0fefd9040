// SPDX-License-Identifier: LGPL-2.1-or-later

package secprof

import (
	"errors"
	"fmt"
	"io/fs"
	"time"
)

var (
	// ErrBadReply is for an answer that breaks the protocol, or is not what it says it is.
	ErrBadReply = errors.New("secprof: bad reply")
	// ErrDisconnected says that the daemon ended the connection.
	ErrDisconnected = errors.New("secprof: secprofd ended the connection")
	// ErrUnusable is for a filter that this process cannot install.
	ErrUnusable = errors.New("secprof: the filter cannot be installed here")
)

// Status is the reason for which the daemon refused a request. Numbers without a name here are
// reasons of later versions.
type Status uint32

// What the daemon may answer.
const (
	BadVersion    Status = 1  // another version of the protocol
	BadOpcode     Status = 2  // no such request
	BadLength     Status = 3  // a request of the wrong length
	BadRequest    Status = 4  // a field has no valid value
	BadName       Status = 5  // not a name that a profile may have
	NotFound      Status = 6  // no such profile, or none that this process may read
	BadTarget     Status = 7  // no such architecture, or it is not served
	Forbidden     Status = 8  // the daemon does not let this user do that
	Broken        Status = 9  // the profile does not compile, and no earlier filter is in service
	Limit         Status = 10 // too many connections or subscribers at this time
	Stopping      Status = 11 // the daemon stops
	Failed        Status = 12 // the daemon failed; its log has the reason
	Undeliverable Status = 13 // there can be no such file of this filter
	Rate          Status = 14 // too many new filters for this user in the last minute
	NoResult      Status = 15 // the compile took too long, or its process died
)

var statusTexts = map[Status]string{
	BadVersion:    "secprofd speaks another version of the protocol",
	BadOpcode:     "secprofd does not know this request",
	BadLength:     "secprofd takes the request for malformed",
	BadRequest:    "secprofd takes the request for malformed",
	BadName:       "not the name of a profile",
	NotFound:      "no such profile",
	BadTarget:     "no such target",
	Forbidden:     "secprofd does not allow it",
	Broken:        "the profile does not compile",
	Limit:         "secprofd has too many connections or subscribers",
	Stopping:      "secprofd stops",
	Failed:        "secprofd failed",
	Undeliverable: "the filter cannot be delivered in this way",
	Rate:          "too many new filters for this user at this time",
	NoResult:      "the compile came to no result",
}

// Error makes a status a target of errors.Is.
func (s Status) Error() string {
	if text, ok := statusTexts[s]; ok {
		return text
	}
	return fmt.Sprintf("secprofd refused with status %d", uint32(s))
}

// Is lets errors.Is take NotFound for fs.ErrNotExist, and Forbidden for fs.ErrPermission.
func (s Status) Is(target error) bool {
	return s == NotFound && target == fs.ErrNotExist || s == Forbidden && target == fs.ErrPermission
}

// Error is a refusal of the daemon.
type Error struct {
	Status Status
	// Reason is the same more exactly, as PROTOCOL.md has it. A daemon may have new ones. 0: it is
	// not known.
	Reason uint32
	// Field is the offset in the packet of what is wrong; 0: it is no one field.
	Field int
	// Retry is the time after which it may succeed; 0: nobody knows, or never.
	Retry time.Duration
	// Text is what the daemon said. It may quote a profile: escape it before it goes to a terminal.
	Text string
}

func (e *Error) Error() string {
	if e.Text == "" {
		return "secprof: " + e.Status.Error()
	}
	return fmt.Sprintf("secprof: %s: %q", e.Status.Error(), e.Text)
}

// Unwrap returns the status, which errors.Is compares.
func (e *Error) Unwrap() error { return e.Status }
