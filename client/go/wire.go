// SPDX-License-Identifier: LGPL-2.1-or-later

package secprof

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
	"syscall"
	"time"
)

// protocol/PROTOCOL.md in numbers. Replies may be longer than these.
const (
	magic   = 0x46525053
	version = 1

	opGet       = 1
	opList      = 2
	opStatus    = 3
	opSubscribe = 5
	opCompile   = 6

	asFD     = 1
	asBytes  = 2
	asHelper = 3
	asSource = 4

	headerSize  = 24
	refusalSize = 24
	variantSize = 40
	nameSize    = 128
	labelSize   = 64
	namedSize   = nameSize + 8
	bareSize    = 8
	filterSize  = 104
	listSize    = 24
	entrySize   = 176
	changeSize  = 24

	maxReply  = 65536
	maxInsns  = 4096
	maxSource = 1 << 20
	maxHelper = 1 << 20

	infoStale = 1
)

// Numbers are little-endian, on every machine.
var order = binary.LittleEndian

func request(op uint16, serial uint32, body []byte) []byte {
	packet := make([]byte, headerSize, headerSize+len(body))
	order.PutUint32(packet, magic)
	order.PutUint16(packet[4:], version)
	order.PutUint16(packet[6:], op)
	order.PutUint32(packet[8:], uint32(headerSize+len(body)))
	order.PutUint32(packet[12:], serial)
	return append(packet, body...)
}

// checkHeader returns what follows the header, or the refusal.
func checkHeader(packet []byte, op uint16, serial uint32) ([]byte, error) {
	if len(packet) == 0 {
		return nil, ErrDisconnected
	}
	if len(packet) < headerSize {
		return nil, badReply("it has no header")
	}
	status := Status(order.Uint32(packet[16:]))
	fits := order.Uint32(packet) == magic && order.Uint32(packet[8:]) == uint32(len(packet)) &&
		order.Uint32(packet[12:]) == serial
	// The header of a refused version is that of the daemon's version.
	if fits && status != BadVersion {
		fits = order.Uint16(packet[4:]) == version && order.Uint16(packet[6:]) == op
	}
	if !fits {
		return nil, badReply("it is not one to this request")
	}
	if status != 0 {
		return nil, decodeRefusal(status, order.Uint16(packet[4:]), packet[headerSize:])
	}
	return packet[headerSize:], nil
}

func decodeRefusal(status Status, spoken uint16, body []byte) error {
	// A refusal of another version is laid out as that version has it.
	if spoken != version {
		return &Error{Status: status}
	}
	if err := need(body, refusalSize); err != nil {
		return err
	}
	text, err := part(body, order.Uint32(body[12:]), order.Uint32(body[16:]), refusalSize)
	if err != nil {
		return err
	}
	return &Error{
		Status: status,
		Reason: order.Uint32(body),
		Field:  int(order.Uint32(body[4:])),
		Retry:  time.Duration(order.Uint32(body[8:])) * time.Millisecond,
		Text:   strings.ToValidUTF8(string(text), "\ufffd"),
	}
}

// part is what a reply says to lie at offset of the packet, behind the bytes of its own fields. The
// body is what follows the header.
func part(body []byte, offset, size uint32, fixed int) ([]byte, error) {
	start := int64(offset) - headerSize
	end := start + int64(size)
	if start < int64(fixed) || end > int64(len(body)) {
		return nil, badReply("it is shorter than it says")
	}
	return body[start:end:end], nil
}

func need(body []byte, size int) error {
	if len(body) < size {
		return badReply("%d bytes follow the header, not %d", len(body), size)
	}
	return nil
}

func encodeName(name string) ([]byte, error) {
	if name == "" || len(name) >= nameSize || strings.IndexByte(name, 0) >= 0 {
		return nil, &Error{Status: BadName, Text: name}
	}
	field := make([]byte, nameSize)
	copy(field, name)
	return field, nil
}

func decodeName(field []byte) string {
	if end := bytes.IndexByte(field, 0); end >= 0 {
		field = field[:end]
	}
	return strings.ToValidUTF8(string(field), "\ufffd")
}

// splitName takes the mode off the end of a name. Otherwise the mode is that of the options.
func splitName(name string, options *Options) (string, Mode, error) {
	mode := Enforce
	if options != nil {
		mode = options.Mode
	}
	named, end := Audit, "@audit"
	if strings.HasSuffix(name, "@log") {
		named, end = Log, "@log"
	}
	if !strings.HasSuffix(name, end) {
		return name, mode, nil
	}
	if mode != Enforce && mode != named {
		return "", 0, fmt.Errorf("secprof: %q has a mode already, and the options have another: %w", name, syscall.EINVAL)
	}
	return strings.TrimSuffix(name, end), named, nil
}

func encodeVariant(options *Options, mode Mode, delivery uint32) []byte {
	body := make([]byte, variantSize)
	if options != nil {
		order.PutUint64(body, uint64(options.Caps))
		order.PutUint32(body[8:], options.AuditArch)
		order.PutUint32(body[12:], options.Kernel)
	}
	order.PutUint32(body[16:], delivery)
	order.PutUint32(body[20:], uint32(mode))
	return body
}

// decodeInfo reads what a reply says of its filter. The body of the request has the mode that the
// filter has to be in: what denies nothing must not be taken for what does.
func decodeInfo(body, request []byte) (Info, error) {
	if err := need(body, filterSize); err != nil {
		return Info{}, err
	}
	info := Info{
		Generation: order.Uint64(body),
		Insns:      int(order.Uint32(body[72:])),
		Flags:      order.Uint32(body[76:]),
		AuditArch:  order.Uint32(body[80:]),
		Stale:      order.Uint32(body[84:])&infoStale != 0,
	}
	copy(info.Digest[:], body[8:])
	copy(info.SourceDigest[:], body[40:])
	if info.Insns < 1 || info.Insns > maxInsns {
		return Info{}, badReply("a filter of %d instructions", info.Insns)
	}
	if mode := order.Uint32(body[96:]); mode != order.Uint32(request[20:]) {
		return Info{}, badReply("a filter in mode %d, which was not asked for", mode)
	}
	return info, nil
}

// place is where what was asked for lies, in the reply or in the file.
type place struct{ offset, size uint32 }

func decodePlace(body []byte) place {
	return place{order.Uint32(body[88:]), order.Uint32(body[92:])}
}
