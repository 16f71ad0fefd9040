# SPDX-License-Identifier: LGPL-2.1-or-later
# profiles/: the profiles that ship. secprofd reads the installed directory last, so that a file of
# the same name in /etc/secprof/profiles.d or /run/secprof/profiles.d comes before it.
#
# secprofd*.json are the daemon's own filters. It has them built in, and reads no file for them; they
# are installed so that they can be read, explained and compared like any other.
own_profiles_data = profiles/secprofd.json profiles/secprofd-cache.json \
	profiles/secprofd-spawner.json profiles/secprofd-worker.json
profilesdir = $(prefix)/lib/secprof/profiles.d
dist_profiles_DATA = profiles/default.json $(own_profiles_data)
