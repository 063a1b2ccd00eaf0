//go:build cgo && unix

// How the program becomes a TPM, or the zygote that forks TPMs: a constructor
// that runs before the Go runtime does and, where the environment asks for
// it, never lets it start.
#define _GNU_SOURCE

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#include <sys/syscall.h>
#endif

#include "become.h"
#include "process.h"

enum { LINE = 3 }; // the socket to the host

int become_asked(void) { return getenv(BECOME_VARIABLE) != NULL; }

void name_process(const char *name)
{
#ifdef __linux__
	prctl(PR_SET_NAME, name, 0, 0, 0);
#else
	(void)name;
#endif
}

static void close_from(int first)
{
#if defined(__linux__) && defined(SYS_close_range)
	if (syscall(SYS_close_range, first, ~0U, 0) == 0)
		return;
#endif
	for (int fd = first; fd < 1024; fd++)
		close(fd);
}

// The end of the line ends the process, nothing else does: a Ctrl-C or a
// SIGTERM for the whole group is for the host, which switches its TPMs off.
static void settle(void)
{
	static const int ignored[] = {SIGHUP, SIGINT, SIGTERM, SIGQUIT, SIGPIPE, SIGCHLD};
	static const struct rlimit no_core = {0, 0}; // a core file would hold the seeds
	sigset_t none;
	setrlimit(RLIMIT_CORE, &no_core);
	for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++)
		signal(ignored[i], SIG_IGN);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	close_from(LINE + 1);
}

__attribute__((constructor)) static void become(void)
{
	const char *role = getenv(BECOME_VARIABLE);
	if (role == NULL)
		return;
#ifdef __linux__
	if (strcmp(role, BECOME_ZYGOTE) == 0) {
		settle();
		zygote(LINE);
	}
#endif
	if (strcmp(role, BECOME_TPM) == 0) {
		uint32_t rc;
		settle();
		name_process("camfleet-tpm");
		rc = tpm_warm_up();
		if (rc != 0) {
			frame_refuse(LINE, rc);
			_exit(2);
		}
		tpm_serve(LINE);
	}
}
