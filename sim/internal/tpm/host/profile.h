// The larger TPM of camfleet: RSA-3072 and RSA-4096, 16 object slots, 64 KiB of NV.
//
// It is forced upon every C file of a build, go-tpm-tools' simulator included:
//
//   CGO_CFLAGS="-g -O2 -include /absolute/path/sim/internal/tpm/host/profile.h" go build ./...
//
// A build without it has what the stock simulator has. Images of the two are
// not exchangeable, which is why a build states its name.
#ifndef CAMFLEET_TPM_PROFILE
#define CAMFLEET_TPM_PROFILE "big"

#define RSA_3072 1
#define RSA_4096 1
#define MAX_LOADED_OBJECTS 16
#define NV_MEMORY_SIZE 65536

// The simulator's own flags set 1360, which is right for RSA-2048. The value
// must be exact: the simulator checks it when it is switched on.
#undef MAX_CONTEXT_SIZE
#define MAX_CONTEXT_SIZE 2256

#endif
