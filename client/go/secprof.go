// SPDX-License-Identifier: LGPL-2.1-or-later

// Package secprof fetches seccomp filters from secprofd and starts programs under them. It needs
// Linux and the standard library, and no cgo.
//
//	client, err := secprof.Dial(ctx, "")
//	cmd := client.Command(ctx, "default", "uname", "-sr")
//	cmd.Stdout = os.Stdout
//	err = cmd.Run()
//
// Refusals of the daemon are of type [Error], and errors.Is knows their [Status]:
//
//	if errors.Is(err, secprof.NotFound) { … }
//
// Answers are checked before anything of them is used: filters against their digest, files for
// their seals, all lengths. What does not fit is [ErrBadReply]. protocol/PROTOCOL.md describes what
// is sent.
package secprof

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"time"
)

// DefaultSocket is where secprofd listens if $SECPROF_SOCKET does not say something else.
const DefaultSocket = "/run/secprof/secprof.sock"

// Client is a connection to secprofd. It connects again by itself where the connection was lost.
// Any number of goroutines may use it; their requests wait for each other.
type Client struct {
	path string
	turn chan struct{} // holds one token: a mutex that a context can wait for
	conn *connection
}

// Dial connects to secprofd at the socket path. Empty: $SECPROF_SOCKET, else DefaultSocket. The
// context is only for the connection.
func Dial(ctx context.Context, path string) (*Client, error) {
	if path == "" {
		path = os.Getenv("SECPROF_SOCKET")
	}
	if path == "" {
		path = DefaultSocket
	}
	conn, err := connect(ctx, path)
	if err != nil {
		return nil, err
	}
	c := &Client{path: path, turn: make(chan struct{}, 1), conn: conn}
	c.turn <- struct{}{}
	return c, nil
}

// Close ends the connection. It waits for a request that is under way.
func (c *Client) Close() error {
	<-c.turn
	defer func() { c.turn <- struct{}{} }()
	return c.drop()
}

func (c *Client) drop() error {
	if c.conn == nil {
		return nil
	}
	err := c.conn.sock.Close()
	c.conn = nil
	return err
}

// call sends one request, with the file descriptor fd unless that is negative. It returns what
// follows the header of the reply, and the fd that came with it where wantFD is set.
func (c *Client) call(ctx context.Context, op uint16, body []byte, fd int, wantFD bool) ([]byte, int, error) {
	select {
	case <-c.turn:
	case <-ctx.Done():
		return nil, -1, ctx.Err()
	}
	defer func() { c.turn <- struct{}{} }()
	kept := c.conn != nil
	reply, got, err := c.exchange(ctx, op, body, fd, wantFD)
	// The daemon was started again, or had closed an idle connection. Asking twice is harmless.
	if errors.Is(err, Stopping) || (kept && errors.Is(err, ErrDisconnected)) {
		return c.exchange(ctx, op, body, fd, wantFD)
	}
	return reply, got, err
}

func (c *Client) exchange(ctx context.Context, op uint16, body []byte, fd int, wantFD bool) ([]byte, int, error) {
	if c.conn == nil {
		conn, err := connect(ctx, c.path)
		if err != nil {
			return nil, -1, err
		}
		c.conn = conn
	}
	reply, got, err := c.conn.call(ctx, op, body, fd, wantFD)
	if fd >= 0 && errors.Is(err, syscall.EPERM) {
		// The daemon takes an fd only on a connection that it has accepted. It has when it answers.
		if _, _, err = c.conn.call(ctx, opStatus, make([]byte, namedSize), -1, false); err == nil {
			reply, got, err = c.conn.call(ctx, op, body, fd, wantFD)
		}
		if errors.Is(err, syscall.EPERM) {
			return nil, -1, &Error{Status: Forbidden, Reason: 801, Text: "secprofd takes no fd from this user"}
		}
	}
	var refused *Error
	if err != nil && (!errors.As(err, &refused) || refused.Status == Stopping || refused.Status == BadVersion) {
		// A late reply must not be taken for that of the next request.
		c.drop()
	}
	return reply, got, err
}

// connection is a socket to the daemon. One goroutine at a time uses it.
type connection struct {
	sock   *net.UnixConn
	serial uint32
}

// connect waits for its turn: where many clients connect at once, a socket that does not block gets
// EAGAIN.
func connect(ctx context.Context, path string) (*connection, error) {
	var dialer net.Dialer
	for wait := time.Millisecond; ; wait *= 2 {
		conn, err := dialer.DialContext(ctx, "unixpacket", path)
		if err == nil {
			return &connection{sock: conn.(*net.UnixConn)}, nil
		}
		if !errors.Is(err, syscall.EAGAIN) {
			return nil, err
		}
		if wait > 50*time.Millisecond {
			wait = 50 * time.Millisecond
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return nil, ctx.Err()
		}
	}
}

// guard lets the end of the context end what waits for the socket, until the returned function is
// called. That one replaces errors which came of it.
func (c *connection) guard(ctx context.Context) func(error) error {
	c.sock.SetDeadline(time.Time{})
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		select {
		case <-ctx.Done():
			c.sock.SetDeadline(time.Unix(1, 0))
		case <-done:
		}
	}()
	return func(err error) error {
		close(done)
		<-ended
		if errors.Is(err, os.ErrDeadlineExceeded) && ctx.Err() != nil {
			return ctx.Err()
		}
		return err
	}
}

func (c *connection) call(ctx context.Context, op uint16, body []byte, fd int, wantFD bool) (reply []byte, got int, err error) {
	if err := ctx.Err(); err != nil {
		return nil, -1, err
	}
	release := c.guard(ctx)
	defer func() { err = release(err) }()
	if err := c.send(op, body, fd); err != nil {
		return nil, -1, err
	}
	return c.receive(op, wantFD)
}

func (c *connection) send(op uint16, body []byte, fd int) error {
	var rights []byte
	if fd >= 0 {
		rights = syscall.UnixRights(fd)
	}
	c.serial++
	_, _, err := c.sock.WriteMsgUnix(request(op, c.serial, body), rights, nil)
	if errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNRESET) {
		return ErrDisconnected
	}
	return err
}

// receive takes one packet. The fd is -1 where none is wanted.
func (c *connection) receive(op uint16, wantFD bool) ([]byte, int, error) {
	data := make([]byte, maxReply)
	control := make([]byte, syscall.CmsgSpace(4*4))
	n, nControl, flags, _, err := c.sock.ReadMsgUnix(data, control)
	fds := fdsIn(control[:nControl])
	switch {
	case errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET):
		err = ErrDisconnected
	case err == nil && flags&(syscall.MSG_TRUNC|syscall.MSG_CTRUNC) != 0:
		err = badReply("it is too long")
	}
	var body []byte
	if err == nil {
		body, err = checkHeader(data[:n], op, c.serial)
	}
	if err == nil && (len(fds) > 1 || wantFD != (len(fds) == 1)) {
		err = badReply("%d fds came with it", len(fds))
	}
	if err != nil {
		for _, fd := range fds {
			syscall.Close(fd)
		}
		return nil, -1, err
	}
	if !wantFD {
		return body, -1, nil
	}
	return body, fds[0], nil
}

func fdsIn(control []byte) (fds []int) {
	messages, err := syscall.ParseSocketControlMessage(control)
	if err != nil {
		return nil
	}
	for i := range messages {
		if some, err := syscall.ParseUnixRights(&messages[i]); err == nil {
			fds = append(fds, some...)
		}
	}
	return fds
}

func badReply(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrBadReply, fmt.Sprintf(format, args...))
}
