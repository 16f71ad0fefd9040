# docs/: the manual pages, one for each binary and for each file format.
dist_man_MANS += docs/secprof-profile.5
