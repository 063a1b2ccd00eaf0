//go:build cgo && unix

// One TPM process: frames in, frames out (frame.go has their layout).
#define _GNU_SOURCE

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "process.h"

// The simulator's symbols. They are weak because cgo links this package once
// by itself, without the simulator, to look at it; the program has them all.
extern void _plat__Reset(bool manufacture) __attribute__((weak));
extern void _plat__RunCommand(uint32_t size, unsigned char *command,
	uint32_t *responseSize, unsigned char **response) __attribute__((weak));
extern unsigned char s_NV[] __attribute__((weak));
extern uint64_t s_realTimePrevious __attribute__((weak));
extern uint64_t s_lastSystemTime __attribute__((weak));
extern uint64_t s_tpmTime __attribute__((weak));

enum {
	HEADER = 10,
	COMMAND_SIZE = 4096, // of commands and responses, MAX_COMMAND_SIZE
	PAGE = 4096,
	TAG_HOST = 0x4c4c,
	HOST_START = 1,
	HOST_IMAGE = 2,
	HOST_READY = 3,
	HOST_REFUSED = 4,
	START_SEEDED = 1,
	START_FIXED = 4 + ENTROPY_KEY_SIZE,
	READY_FIXED = 12,
	QUIET_MS = 600000, // how long a change of nothing but the clock may stay untold
};

static int line;
static bool seeded;
static uint64_t told;                       // s_tpmTime when the image was last told
static unsigned char in[COMMAND_SIZE];
static unsigned char out[COMMAND_SIZE];
static const unsigned char blank[PAGE];     // NV memory nobody has written to
static const unsigned char *shadow[NV_MEMORY_SIZE / PAGE]; // what the host has

static uint32_t get32(const unsigned char *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void put32(unsigned char *p, uint32_t v)
{
	p[0] = v >> 24;
	p[1] = v >> 16;
	p[2] = v >> 8;
	p[3] = v;
}

static void write_all(int fd, const unsigned char *p, size_t n)
{
	while (n > 0) {
		ssize_t k = write(fd, p, n);
		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0)
			_exit(0); // nobody is listening any more
		p += k;
		n -= k;
	}
}

static void read_exact(unsigned char *p, size_t n)
{
	while (n > 0) {
		ssize_t k = read(line, p, n);
		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0)
			_exit(0);
		p += k;
		n -= k;
	}
}

// read_frame returns the size of the next frame, which is at in. The host
// waits for each answer, so a frame comes alone and mostly in one piece.
static uint32_t read_frame(void)
{
	size_t have = 0;
	uint32_t want;
	while (have < HEADER) {
		ssize_t k = read(line, in + have, sizeof in - have);
		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0)
			_exit(0);
		have += k;
	}
	want = get32(in + 2);
	if (want < have || want > sizeof in)
		_exit(3);
	read_exact(in + have, want - have);
	return want;
}

static void write_host(int fd, uint32_t code, const unsigned char *payload, uint32_t size)
{
	unsigned char head[HEADER] = {TAG_HOST >> 8, TAG_HOST & 0xff};
	put32(head + 2, HEADER + size);
	put32(head + 6, code);
	write_all(fd, head, HEADER);
	write_all(fd, payload, size);
}

void frame_refuse(int fd, uint32_t number)
{
	unsigned char payload[4];
	put32(payload, number);
	write_host(fd, HOST_REFUSED, payload, sizeof payload);
}

// tell_page notes a page of NV memory; true if the host has another one.
static bool tell_page(size_t i)
{
	const unsigned char *now = s_NV + i * PAGE;
	unsigned char *copy = NULL;
	if (memcmp(now, shadow[i], PAGE) == 0)
		return false;
	if (memcmp(now, blank, PAGE) != 0) {
		copy = malloc(PAGE);
		if (copy == NULL)
			_exit(4);
		memcpy(copy, now, PAGE);
	}
	if (shadow[i] != blank)
		free((void *)shadow[i]);
	shadow[i] = copy != NULL ? copy : blank;
	return true;
}

// tell_image sends NV memory, up to the last page that isn't blank, if it
// isn't what the host has.
static void tell_image(void)
{
	bool changed = false;
	uint32_t used = 0;
	told = s_tpmTime;
	for (size_t i = 0; i < NV_MEMORY_SIZE / PAGE; i++) {
		if (tell_page(i))
			changed = true;
		if (shadow[i] != blank)
			used = (i + 1) * PAGE;
	}
	if (changed)
		write_host(line, HOST_IMAGE, s_NV, used);
}

// Commands that change nothing in NV but the clock, which every command may.
static bool quiet(uint32_t code)
{
	switch (code) {
	case 0x14e: // NV_Read
	case 0x153: // Create
	case 0x154: // ECDH_ZGen
	case 0x156: // Import
	case 0x157: // Load
	case 0x159: // RSA_Decrypt
	case 0x15d: // Sign
	case 0x165: // FlushContext
	case 0x169: // NV_ReadPublic
	case 0x173: // ReadPublic
	case 0x17a: // GetCapability
	case 0x17b: // GetRandom
	case 0x181: // ReadClock
	case 0x18a: // TestParms
		return true;
	}
	return false;
}

// scrub clears the stack below its caller. Structures that the simulator
// writes to NV have padding, which holds what was on the stack before:
// addresses, for instance, which differ from run to run.
__attribute__((noinline)) static void scrub(void)
{
	unsigned char below[16384];
	memset(below, 0, sizeof below);
	__asm__ volatile("" : : "r"(below) : "memory");
}

// run executes a command; the response is at *response.
static uint32_t run(unsigned char *command, uint32_t size, unsigned char **response)
{
	uint32_t n = sizeof out;
	*response = out;
	if (seeded) {
		s_tpmTime++; // a millisecond a command, so that equal commands meet equal times
		if (size >= HEADER && !quiet(get32(command + 6)))
			scrub();
	}
	_plat__RunCommand(size, command, &n, response);
	return n;
}

static uint32_t startup(void)
{
	static const unsigned char command[] = {0x80, 0x01, 0, 0, 0, 12, 0, 0, 0x01, 0x44, 0, 0};
	unsigned char copy[sizeof command], *response;
	memcpy(copy, command, sizeof copy);
	return run(copy, sizeof copy, &response) < HEADER ? 0x101 : get32(response + 6);
}

// power switches the TPM on. With manufacture it is a new one.
static void power(bool manufacture)
{
	_plat__Reset(manufacture);
	if (seeded) { // from here on the simulator's timer shows s_tpmTime as it is
		s_lastSystemTime = 1;
		s_realTimePrevious = UINT64_MAX;
	}
}

static void ready(uint32_t rc)
{
	static const char profile[] = CAMFLEET_TPM_PROFILE;
	unsigned char payload[READY_FIXED + sizeof profile - 1];
	put32(payload, rc);
	put32(payload + 4, getpid());
	put32(payload + 8, NV_MEMORY_SIZE);
	memcpy(payload + READY_FIXED, profile, sizeof profile - 1);
	if (rc == 0)
		tell_image();
	write_host(line, HOST_READY, payload, sizeof payload);
	if (rc != 0)
		_exit(5);
}

// The first frame, which may hold an image and so is in memory of its own,
// given back when the TPM has started.
static struct {
	unsigned char *payload;
	uint32_t size;
} first;

enum { FIRST_MOST = START_FIXED + NV_MEMORY_SIZE };

static void read_first(void)
{
	first.payload = mmap(NULL, FIRST_MOST, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (first.payload == MAP_FAILED)
		_exit(4);
	read_exact(in, HEADER);
	first.size = get32(in + 2) - HEADER;
	if (get32(in + 6) != HOST_START || first.size < START_FIXED || first.size > FIRST_MOST)
		_exit(3);
	read_exact(first.payload, first.size);
	seeded = get32(first.payload) & START_SEEDED;
}

// restore sets NV memory; what is beyond size is blank. Pages that are right
// already stay shared with the other forks.
static void restore(const unsigned char *image, uint32_t size)
{
	for (uint32_t at = 0; at < NV_MEMORY_SIZE; at += PAGE) {
		unsigned char page[PAGE] = {0};
		if (at < size)
			memcpy(page, image + at, size - at < PAGE ? size - at : PAGE);
		if (memcmp(s_NV + at, page, PAGE) != 0)
			memcpy(s_NV + at, page, PAGE);
	}
}

static void start(void)
{
	if (seeded)
		seeded_use(first.payload + 4);
	power(true);
	if (first.size > START_FIXED) {
		restore(first.payload + START_FIXED, first.size - START_FIXED);
		power(false);
	}
	munmap(first.payload, FIRST_MOST);
	ready(startup());
}

static void host_frame(void)
{
	if (get32(in + 6) != HOST_IMAGE)
		_exit(3);
	tell_image();
	ready(0);
}

static void *serve(void *unused)
{
	(void)unused;
	start();
	for (;;) {
		uint32_t size = read_frame(), code = get32(in + 6), n;
		unsigned char *response;
		if (in[0] == TAG_HOST >> 8 && in[1] == (TAG_HOST & 0xff)) {
			host_frame();
			continue;
		}
		n = run(in, size, &response);
		if (n < HEADER || n > COMMAND_SIZE)
			_exit(6);
		if (!quiet(code) || get32(response + 6) != 0 || s_tpmTime - told >= QUIET_MS)
			tell_image();
		write_all(line, response, n);
	}
}

// serve_seeded serves on a stack whose address is the same in every process,
// since addresses end in the image too (see scrub).
static void serve_seeded(void)
{
	enum { SIZE = 1 << 20 };
	void *const at = (void *)(uintptr_t)0x2000000000;
	void *stack = mmap(at, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	pthread_attr_t attr;
	pthread_t thread;

	if (stack != at || pthread_attr_init(&attr) != 0 || pthread_attr_setstack(&attr, stack, SIZE) != 0)
		_exit(7);
	if (pthread_create(&thread, &attr, serve, NULL) != 0)
		_exit(7);
	pthread_join(thread, NULL);
	_exit(7);
}

void tpm_serve(int fd)
{
	line = fd;
	for (size_t i = 0; i < NV_MEMORY_SIZE / PAGE; i++)
		shadow[i] = blank;
	read_first();
	if (seeded)
		serve_seeded();
	serve(NULL);
	_exit(0);
}

uint32_t tpm_warm_up(void)
{
	unsigned char selfTest[] = {0x80, 0x01, 0, 0, 0, 11, 0, 0, 0x01, 0x43, 1}, *response;
	uint32_t rc;
	if (_plat__Reset == NULL || _plat__RunCommand == NULL || s_NV == NULL)
		return 0x101;
	_plat__Reset(true);
	if ((rc = startup()) != 0)
		return rc;
	return run(selfTest, sizeof selfTest, &response) < HEADER ? 0x101 : get32(response + 6);
}
