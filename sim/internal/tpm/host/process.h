// What the C files of this package share. See doc.go for the whole picture.
#ifndef CAMFLEET_TPM_PROCESS_H
#define CAMFLEET_TPM_PROCESS_H

#include <stddef.h>
#include <stdint.h>

// A build with profile.h says so itself; without it the simulator's defaults hold.
#ifndef CAMFLEET_TPM_PROFILE
#define CAMFLEET_TPM_PROFILE "stock"
#endif
#ifndef NV_MEMORY_SIZE
#define NV_MEMORY_SIZE 16384
#endif

#define ENTROPY_KEY_SIZE 32

// seeded_use makes libcrypto's random numbers a stream that key alone decides.
void seeded_use(const uint8_t key[ENTROPY_KEY_SIZE]);

// tpm_serve is a TPM: it answers frames on fd until there are no more. It
// does not return.
void tpm_serve(int fd) __attribute__((noreturn));

// tpm_warm_up manufactures a TPM and tests it, for forks to start from.
// Nonzero is a TPM response code; the TPM doesn't work.
uint32_t tpm_warm_up(void);

// zygote forks TPMs for the sockets that arrive on control, until the other
// end of it closes. It does not return. Linux only.
void zygote(int control) __attribute__((noreturn));

// name_process sets the name that ps and top show, where that can be done.
void name_process(const char *name);

// frame_refuse tells the other end of fd why there will be no TPM.
void frame_refuse(int fd, uint32_t number);

#endif
