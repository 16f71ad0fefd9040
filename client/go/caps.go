// SPDX-License-Identifier: LGPL-2.1-or-later

package secprof

import (
	"fmt"
	"strings"
)

// Caps is a set of capabilities: bit 1<<number, numbers as in linux/capability.h.
type Caps uint64

var capNames = strings.Fields(`
	CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE
	NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO
	SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME
	SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG
	WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE`)

// ParseCaps returns the set of capabilities with these names, such as CAP_SYS_ADMIN.
func ParseCaps(names []string) (Caps, error) {
	var caps Caps
next:
	for _, name := range names {
		bare := strings.TrimPrefix(strings.ToUpper(name), "CAP_")
		for number, known := range capNames {
			if bare == known {
				caps |= 1 << number
				continue next
			}
		}
		return 0, fmt.Errorf("secprof: not a capability: %q", name)
	}
	return caps, nil
}
