# SPDX-License-Identifier: LGPL-2.1-or-later
# client/helper/: secprof-helper, which secprofd has in itself and hands out with a filter. It is no
# program of automake's: the user's CFLAGS and LDFLAGS, the sanitizers and the hardening flags of the
# rest want a libc, and it has none. HELPER_CFLAGS and HELPER_LDFLAGS are configure's.
helper_sources = \
	client/helper/main.c \
	client/helper/note.c
helper_headers = \
	client/helper/note.h \
	client/helper/syscall.h \
	client/helper/syscall-aarch64.h \
	client/helper/syscall-arm.h \
	client/helper/syscall-i386.h \
	client/helper/syscall-ppc64le.h \
	client/helper/syscall-riscv64.h \
	client/helper/syscall-s390x.h \
	client/helper/syscall-x86_64.h \
	util/helper-note.h
EXTRA_DIST += $(helper_sources) $(helper_headers) client/helper/helper.ld

if HAVE_HELPER
client/helper/secprof-helper: $(helper_sources) $(helper_headers) client/helper/helper.ld Makefile
	$(AM_V_CCLD)$(MKDIR_P) client/helper && $(CC) $(HELPER_CFLAGS) -I$(top_srcdir) $(HELPER_LDFLAGS) \
		-Wl,-T,$(srcdir)/client/helper/helper.ld -o $@ \
		$(srcdir)/client/helper/main.c $(srcdir)/client/helper/note.c

# The same bytes as C, for secprofd.
daemon/serve/helper-template.c: client/helper/secprof-helper
	$(AM_V_GEN)$(MKDIR_P) daemon && { \
		echo '/* Made by make from client/helper/secprof-helper. clang-format off */' && \
		echo '#include "daemon/serve/helper-image.h"' && echo && \
		echo 'const unsigned char helper_template[] = {' && \
		od -An -v -tu1 client/helper/secprof-helper | sed -e 's/$$/,/' -e 's/\([0-9]\)  */\1, /g' && \
		echo '};' && echo 'const size_t helper_template_size = sizeof(helper_template);'; \
	} >$@.tmp && mv $@.tmp $@
endif
CLEANFILES += client/helper/secprof-helper daemon/serve/helper-template.c daemon/serve/helper-template.c.tmp
