//go:build cgo && unix

// Fast elliptic curves for the simulator, which builds every curve from its
// parameters and so gets libcrypto's slow general code.
//
// This definition stands before libcrypto's own of the same name. Where the
// parameters are those of a curve libcrypto has special code for, it returns
// that curve; otherwise it does what the original does. It is weak so that a
// static link, which may bring the original in as well, still links (and then
// takes the original).
#define OPENSSL_SUPPRESS_DEPRECATED

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/obj_mac.h>

static int same_curve(const EC_GROUP *group, const BIGNUM *p, const BIGNUM *a, const BIGNUM *b, BN_CTX *ctx)
{
	BIGNUM *gp = BN_new(), *ga = BN_new(), *gb = BN_new();
	int same = gp != NULL && ga != NULL && gb != NULL &&
		EC_GROUP_get_curve(group, gp, ga, gb, ctx) &&
		BN_cmp(p, gp) == 0 && BN_cmp(a, ga) == 0 && BN_cmp(b, gb) == 0;
	BN_free(gp);
	BN_free(ga);
	BN_free(gb);
	return same;
}

// P-384 is not here: libcrypto 3.0 has no special code for it.
static int curve_of_size(int bits)
{
	switch (bits) {
	case 224:
		return NID_secp224r1;
	case 256:
		return NID_X9_62_prime256v1;
	case 521:
		return NID_secp521r1;
	}
	return NID_undef;
}

__attribute__((weak)) EC_GROUP *EC_GROUP_new_curve_GFp(const BIGNUM *p, const BIGNUM *a, const BIGNUM *b, BN_CTX *ctx)
{
	int curve = curve_of_size(BN_num_bits(p));
	EC_GROUP *group;

	if (curve != NID_undef) {
		group = EC_GROUP_new_by_curve_name(curve);
		if (group != NULL && same_curve(group, p, a, b, ctx))
			return group;
		EC_GROUP_free(group);
	}
	group = EC_GROUP_new(EC_GFp_mont_method());
	if (group != NULL && !EC_GROUP_set_curve(group, p, a, b, ctx)) {
		EC_GROUP_free(group);
		group = NULL;
	}
	return group;
}
