//go:build cgo && unix

// One TPM process: frames in, frames out (frame.go has their layout).
#include <errno.h>
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
	HOST_POWER = 2,
	HOST_IMAGE = 3,
	HOST_READY = 4,
	HOST_REFUSED = 5,
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
static unsigned char blank[PAGE];           // the erased state of NV, shared by all forks
static unsigned char *shadow[NV_MEMORY_SIZE / PAGE]; // the image the host has

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

// tell sends the image if it isn't what the host has.
static void tell_image(void)
{
	bool changed = false;
	told = s_tpmTime;
	for (size_t i = 0; i < NV_MEMORY_SIZE / PAGE; i++) {
		const unsigned char *now = s_NV + i * PAGE;
		if (memcmp(now, shadow[i], PAGE) == 0)
			continue;
		if (shadow[i] == blank && (shadow[i] = malloc(PAGE)) == NULL)
			_exit(4);
		memcpy(shadow[i], now, PAGE);
		changed = true;
	}
	if (changed)
		write_host(line, HOST_IMAGE, s_NV, NV_MEMORY_SIZE);
}

// run executes a command; the response is at *response.
static uint32_t run(unsigned char *command, uint32_t size, unsigned char **response)
{
	uint32_t n = sizeof out;
	*response = out;
	if (seeded)
		s_tpmTime++; // a millisecond a command, so that equal commands meet equal times
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

// power switches the TPM on, or off and on. With manufacture it is a new one.
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

// start takes the first frame, which may hold an image and is read into
// memory that doesn't stay.
static void start(void)
{
	enum { MOST = START_FIXED + NV_MEMORY_SIZE };
	unsigned char *payload = mmap(NULL, MOST, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint32_t size;

	if (payload == MAP_FAILED)
		_exit(4);
	read_exact(in, HEADER);
	size = get32(in + 2) - HEADER;
	if (get32(in + 6) != HOST_START || (size != START_FIXED && size != MOST))
		_exit(3);
	read_exact(payload, size);
	if (get32(payload) & START_SEEDED) {
		seeded = true;
		seeded_use(payload + 4);
	}
	power(true);
	if (size == MOST) {
		memcpy(s_NV, payload + START_FIXED, NV_MEMORY_SIZE);
		power(false);
	}
	munmap(payload, MOST);
	ready(startup());
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

static void host_frame(void)
{
	switch (get32(in + 6)) {
	case HOST_POWER:
		power(false);
		ready(startup());
		return;
	case HOST_IMAGE:
		tell_image();
		ready(0);
		return;
	}
	_exit(3);
}

void tpm_serve(int fd)
{
	line = fd;
	memset(blank, 0xff, sizeof blank);
	for (size_t i = 0; i < NV_MEMORY_SIZE / PAGE; i++)
		shadow[i] = blank;
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

uint32_t tpm_warm_up(void)
{
	unsigned char selfTest[] = {0x80, 0x01, 0, 0, 0, 11, 0, 0, 0x01, 0x43, 1}, *response;
	uint32_t rc;
	if (_plat__Reset == NULL || _plat__RunCommand == NULL || s_NV == NULL)
		return 0x101;
	memset(blank, 0xff, sizeof blank);
	_plat__Reset(true);
	if ((rc = startup()) != 0)
		return rc;
	return run(selfTest, sizeof selfTest, &response) < HEADER ? 0x101 : get32(response + 6);
}
