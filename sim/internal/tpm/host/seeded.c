//go:build cgo && unix

// A repeatable source of random numbers for a seeded TPM.
//
// The simulator draws from libcrypto (RAND_bytes) only to instantiate and to
// reseed its own generator, libcrypto itself to blind point multiplications.
// Both take what RAND_set_rand_method has put in place.
#define OPENSSL_SUPPRESS_DEPRECATED

#include <string.h>

#include <openssl/rand.h>
#include <openssl/sha.h>

#include "process.h"

static struct {
	uint8_t key[ENTROPY_KEY_SIZE];
	uint8_t counter[8];
} stream;

// Block n of the stream is SHA-256(key || n); what is left of a block at the
// end of a request is thrown away.
static int stream_bytes(unsigned char *out, int size)
{
	uint8_t block[SHA256_DIGEST_LENGTH];
	while (size > 0) {
		int n = size < (int)sizeof block ? size : (int)sizeof block;
		int i = sizeof stream.counter;
		SHA256((const unsigned char *)&stream, sizeof stream, block);
		while (i-- > 0 && ++stream.counter[i] == 0) {
		}
		memcpy(out, block, n);
		out += n;
		size -= n;
	}
	return 1;
}

static int stream_seed(const void *data, int size)
{
	(void)data;
	(void)size;
	return 1;
}

static int stream_add(const void *data, int size, double entropy)
{
	(void)data;
	(void)size;
	(void)entropy;
	return 1;
}

static int stream_status(void) { return 1; }

void seeded_use(const uint8_t key[ENTROPY_KEY_SIZE])
{
	static const RAND_METHOD method = {
		.seed = stream_seed,
		.bytes = stream_bytes,
		.add = stream_add,
		.pseudorand = stream_bytes,
		.status = stream_status,
	};
	memset(&stream, 0, sizeof stream);
	memcpy(stream.key, key, ENTROPY_KEY_SIZE);
	RAND_set_rand_method(&method);
}
