// SPDX-License-Identifier: LGPL-2.1-or-later

package secprof

import (
	"bytes"
	"encoding/binary"
	"strings"
	"unsafe"
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
	variantSize = 24
	nameSize    = 128
	filterSize  = 88
	listSize    = 16
	entrySize   = 176
	changeSize  = 176

	maxReply  = 65536
	maxInsns  = 4096
	maxSource = 1 << 20
	maxHelper = 1 << 20

	infoStale = 1
)

// Numbers are in the byte order of the machine.
var order = func() binary.ByteOrder {
	one := uint16(1)
	if *(*byte)(unsafe.Pointer(&one)) == 1 {
		return binary.LittleEndian
	}
	return binary.BigEndian
}()

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
		return nil, &Error{status, strings.ToValidUTF8(string(packet[headerSize:]), "\ufffd")}
	}
	return packet[headerSize:], nil
}

func need(body []byte, size int) error {
	if len(body) < size {
		return badReply("%d bytes follow the header, not %d", len(body), size)
	}
	return nil
}

func encodeName(name string) ([]byte, error) {
	if name == "" || len(name) >= nameSize || strings.IndexByte(name, 0) >= 0 {
		return nil, &Error{BadName, name}
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

func encodeVariant(options *Options, delivery uint32) []byte {
	body := make([]byte, variantSize)
	if options != nil {
		order.PutUint64(body, uint64(options.Caps))
		order.PutUint32(body[8:], options.AuditArch)
		order.PutUint32(body[12:], options.Kernel)
	}
	order.PutUint32(body[16:], delivery)
	return body
}

func decodeInfo(body []byte) (Info, error) {
	if err := need(body, filterSize); err != nil {
		return Info{}, err
	}
	info := Info{
		Generation: order.Uint64(body),
		Insns:      int(order.Uint32(body[40:])),
		Flags:      order.Uint32(body[44:]),
		AuditArch:  order.Uint32(body[48:]),
		Stale:      order.Uint32(body[52:])&infoStale != 0,
	}
	copy(info.Digest[:], body[8:])
	copy(info.SourceDigest[:], body[56:])
	if info.Insns < 1 || info.Insns > maxInsns {
		return Info{}, badReply("a filter of %d instructions", info.Insns)
	}
	return info, nil
}
