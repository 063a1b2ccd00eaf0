//go:build cgo && linux

// The zygote: a process that forks a TPM for every socket the host sends it.
#define _GNU_SOURCE

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "process.h"

// The processes forked and not yet waited for. Their numbers can't be anyone
// else's, so killing them is safe.
static struct {
	pid_t *pid;
	size_t used, room;
} children;

static void remember(pid_t pid)
{
	if (children.used == children.room) {
		size_t room = children.room * 2 + 16;
		pid_t *more = realloc(children.pid, room * sizeof *more);
		if (more == NULL) {
			kill(pid, SIGKILL);
			return;
		}
		children.pid = more;
		children.room = room;
	}
	children.pid[children.used++] = pid;
}

static void forget(pid_t pid, int status)
{
	for (size_t i = 0; i < children.used; i++)
		if (children.pid[i] == pid)
			children.pid[i] = children.pid[--children.used];
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
		return; // the host's way of switching off
	if (WIFSIGNALED(status))
		fprintf(stderr, "TPM process %d: ended by signal %d\n", (int)pid, WTERMSIG(status));
	else if (WEXITSTATUS(status) != 0)
		fprintf(stderr, "TPM process %d: exit status %d\n", (int)pid, WEXITSTATUS(status));
}

static void reap(int options)
{
	int status;
	pid_t pid;
	while ((pid = waitpid(-1, &status, options)) > 0)
		forget(pid, status);
}

// receive takes the socket the host has sent: -1 when the host has gone, -2
// when there was none.
static int receive(int control)
{
	union {
		struct cmsghdr align;
		char space[CMSG_SPACE(sizeof(int))];
	} ancillary;
	char byte;
	struct iovec data = {.iov_base = &byte, .iov_len = 1};
	struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1,
		.msg_control = &ancillary, .msg_controllen = sizeof ancillary};
	struct cmsghdr *c;
	int fd;
	ssize_t n = recvmsg(control, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return -2;
	if (n <= 0)
		return -1;
	c = CMSG_FIRSTHDR(&message);
	if (c == NULL || c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
		return -2;
	memcpy(&fd, CMSG_DATA(c), sizeof fd);
	return fd;
}

static void fork_tpm(int control, int signals, int fd)
{
	pid_t pid = fork();
	if (pid == 0) {
		close(control);
		close(signals);
		name_process("camfleet-tpm");
		tpm_serve(fd);
	}
	if (pid < 0)
		frame_refuse(fd, errno);
	else
		remember(pid);
	close(fd);
}

static int watch_children(void)
{
	sigset_t child;
	signal(SIGCHLD, SIG_DFL);
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, NULL);
	return signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
}

void zygote(int control)
{
	unsigned char answer[4];
	uint32_t rc;
	int signals;

	name_process("camfleet-zygote");
	rc = tpm_warm_up();
	for (int i = 0; i < 4; i++)
		answer[i] = rc >> (24 - 8 * i);
	signals = watch_children();
	if (write(control, answer, sizeof answer) != sizeof answer || rc != 0 || signals < 0)
		_exit(2);
	for (;;) {
		struct pollfd ready[] = {{.fd = control, .events = POLLIN}, {.fd = signals, .events = POLLIN}};
		struct signalfd_siginfo ignored;
		int fd;
		poll(ready, 2, -1);
		if (ready[1].revents && read(signals, &ignored, sizeof ignored) > 0)
			reap(WNOHANG);
		if (!ready[0].revents)
			continue;
		fd = receive(control);
		if (fd == -1)
			break;
		if (fd >= 0)
			fork_tpm(control, signals, fd);
	}
	// The host is gone, and so is its end of every TPM's line; one in the
	// middle of a long command would notice late.
	for (size_t i = 0; i < children.used; i++)
		kill(children.pid[i], SIGKILL);
	while (waitpid(-1, NULL, 0) > 0) {
	}
	_exit(0);
}
