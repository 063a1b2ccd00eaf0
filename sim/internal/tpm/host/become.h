// The one part of the C files that Go calls and agrees on names with.
#ifndef CAMFLEET_TPM_BECOME_H
#define CAMFLEET_TPM_BECOME_H

#define BECOME_VARIABLE "CAMFLEET_TPM_PROCESS"
#define BECOME_ZYGOTE "zygote"
#define BECOME_TPM "tpm"

// become_asked is true in a process that was meant to become a TPM and was
// not: its constructor did not run.
int become_asked(void);

#endif
