# profiles/: the profiles that ship. secprofd reads the installed directory last, so that a file of
# the same name in /etc/secprof/profiles.d or /run/secprof/profiles.d comes before it.
profilesdir = $(prefix)/lib/secprof/profiles.d
dist_profiles_DATA = profiles/default.json
EXTRA_DIST += profiles/README.md
