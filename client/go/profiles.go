// SPDX-License-Identifier: LGPL-2.1-or-later

package secprof

import (
	"context"
	"fmt"
)

// State is how a profile is.
type State uint32

// The states of a profile.
const (
	StateServed  State = 1 // what is on disk is in service
	StateStale   State = 2 // what is on disk is broken; the last good filter is in service
	StateBroken  State = 3 // nothing is in service under this name
	StatePending State = 4 // the first compile is under way
)

func (s State) String() string { return nameOf(uint32(s), "served", "stale", "broken", "pending") }

// Kind is what happened to a profile.
type Kind uint32

// The kinds of change.
const (
	KindServed Kind = 1 // a new version, or other permissions
	KindStale  Kind = 2 // the file is broken now; the last good filter is in service
	KindBroken Kind = 3 // the file is broken, and nothing is in service
	KindGone   Kind = 5 // there is no such profile any more, or not for this process
	KindLost   Kind = 6 // more happened than the daemon could keep: ask Profiles
)

func (k Kind) String() string {
	return nameOf(uint32(k), "served", "stale", "broken", "", "gone", "lost")
}

func nameOf(number uint32, names ...string) string {
	if number >= 1 && int(number) <= len(names) && names[number-1] != "" {
		return names[number-1]
	}
	return fmt.Sprintf("unknown (%d)", number)
}

// Profile is one profile in the list.
type Profile struct {
	Name       string
	Generation uint64   // in which its filter came into service; 0: none is
	Digest     [32]byte // of the filter for the daemon's own machine, without capabilities
	Insns      int
	State      State
}

// Profiles returns the profiles that this process may fetch, sorted by name. Profiles in a state
// that this package does not know are left out.
func (c *Client) Profiles(ctx context.Context) ([]Profile, error) {
	var profiles []Profile
	last := ""
	for {
		after := make([]byte, namedSize)
		copy(after, last)
		body, _, err := c.call(ctx, opList, after, -1, false)
		if err == nil {
			err = need(body, listSize)
		}
		if err != nil {
			return nil, err
		}
		n, more := order.Uint32(body[8:]), order.Uint32(body[12:]) != 0
		offset, size := order.Uint32(body[16:]), order.Uint32(body[20:])
		if size < entrySize || n > maxReply/entrySize || size > maxReply || (more && n == 0) {
			return nil, badReply("the list is shorter than it says")
		}
		entries, err := part(body, offset, n*size, listSize)
		if err != nil {
			return nil, err
		}
		for ; len(entries) > 0; entries = entries[size:] {
			profile := decodeEntry(entries)
			if profile.Name <= last || len(profile.Name) >= nameSize {
				return nil, badReply("the list is not sorted")
			}
			last = profile.Name
			if profile.State >= StateServed && profile.State <= StatePending {
				profiles = append(profiles, profile)
			}
		}
		if !more {
			return profiles, nil
		}
	}
}

func decodeEntry(entry []byte) Profile {
	profile := Profile{
		Name:       decodeName(entry[:nameSize]),
		Generation: order.Uint64(entry[128:]),
		Insns:      int(order.Uint32(entry[168:])),
		State:      State(order.Uint32(entry[172:])),
	}
	copy(profile.Digest[:], entry[136:])
	return profile
}

// Change is one change of a profile.
type Change struct {
	Name       string // empty for KindLost
	Kind       Kind
	Generation uint64   // of the daemon, after the change
	Digest     [32]byte // as in Profile; zeroes where nothing is in service
}

// Watcher is a stream of changes. One goroutine at a time uses it.
type Watcher struct {
	Generation uint64 // of the daemon, when the watch began
	conn       *connection
}

// Watch asks to be told of each change from now on, over a connection of its own. Profiles after
// this call and the changes together give the whole picture. The context is only for the beginning.
func (c *Client) Watch(ctx context.Context) (*Watcher, error) {
	conn, err := connect(ctx, c.path)
	if err != nil {
		return nil, err
	}
	body, _, err := conn.call(ctx, opSubscribe, make([]byte, bareSize), -1, false)
	if err == nil {
		err = need(body, 8)
	}
	if err != nil {
		conn.sock.Close()
		return nil, err
	}
	return &Watcher{order.Uint64(body), conn}, nil
}

// Next waits for the next change. Kinds that this package does not know are left out. After the end
// of the context it may be called again; after another error only Close is of use. ErrDisconnected:
// the daemon has stopped.
func (w *Watcher) Next(ctx context.Context) (change Change, err error) {
	if err := ctx.Err(); err != nil {
		return Change{}, err
	}
	release := w.conn.guard(ctx)
	defer func() { err = release(err) }()
	for {
		body, _, err := w.conn.receive(opSubscribe, false)
		if err == nil {
			err = need(body, changeSize)
		}
		if err != nil {
			return Change{}, err
		}
		entry, err := part(body, order.Uint32(body[12:]), order.Uint32(body[16:]), changeSize)
		if err == nil {
			err = need(entry, entrySize)
		}
		if err != nil {
			return Change{}, err
		}
		profile := decodeEntry(entry)
		change := Change{profile.Name, Kind(order.Uint32(body[8:])), order.Uint64(body), profile.Digest}
		switch change.Kind {
		case KindServed, KindStale, KindBroken, KindGone, KindLost:
			return change, nil
		}
	}
}

// Close ends the watch.
func (w *Watcher) Close() error { return w.conn.sock.Close() }
