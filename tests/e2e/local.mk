# tests/e2e/: whole programs against a build; scripts/test runs them, not make check, because they
# need root, or runtimes that a build does not.
EXTRA_DIST += \
	tests/e2e/abuse.c \
	tests/e2e/bubblewrap.sh \
	tests/e2e/crun.sh \
	tests/e2e/daemon-activation.py \
	tests/e2e/daemon-cache.py \
	tests/e2e/daemon-content.py \
	tests/e2e/daemon-follow.py \
	tests/e2e/daemon-limits.py \
	tests/e2e/daemon-packets.py \
	tests/e2e/daemon-serve.py \
	tests/e2e/daemon-subscribe.py \
	tests/e2e/daemon-workers.py \
	tests/e2e/fault-clients.py \
	tests/e2e/fault-packets.py \
	tests/e2e/fault-resources.py \
	tests/e2e/fault-versions.py \
	tests/e2e/faults.py \
	tests/e2e/flood.c \
	tests/e2e/inject.c \
	tests/e2e/helper-build.c \
	tests/e2e/helper-client.py \
	tests/e2e/helper-foreign.sh \
	tests/e2e/helper.sh \
	tests/e2e/lib.sh \
	tests/e2e/library-user.c \
	tests/e2e/library.sh \
	tests/e2e/minimal_client.py \
	tests/e2e/podman.sh \
	tests/e2e/probe.c \
	tests/e2e/profiles/marker.json \
	tests/e2e/python-client.sh \
	tests/e2e/questions.sh \
	tests/e2e/record.sh \
	tests/e2e/secprofctl.sh \
	tests/e2e/secprofd.py \
	tests/e2e/simulate.sh \
	tests/e2e/systemd-boot.sh \
	tests/e2e/systemd-inside.sh \
	tests/e2e/watch.sh
