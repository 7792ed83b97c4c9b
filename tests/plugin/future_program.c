// SPDX-License-Identifier: GPL-2.0-only
//
// A program of the future: it calls a function of libnftables that has a version of its own.
int nft_of_the_future(void);

int main(void)
{
	return nft_of_the_future();
}
