# SPDX-License-Identifier: LGPL-2.1-or-later
# client/python/: one module, which needs only Python. configure says where it goes.
dist_secprofpython_DATA = client/python/secprof.py
EXTRA_DIST += client/python/README.md
