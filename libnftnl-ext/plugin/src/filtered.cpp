// SPDX-License-Identifier: GPL-2.0-only
//
// libnftables has no getter for its FILEs: only a setter that returns the old one.
#include "filtered.hpp"

#include <new>

#include "real.hpp"

namespace rmirror::plugin {

FILE *Filtered::take(FILE *(*set)(nft_ctx *, FILE *), nft_ctx *ctx, FILE *usual) {
    std::clearerr(usual);  // set() refuses a FILE that had an error
    FILE *target = set(ctx, usual);
    return target ? target : usual;
}

Filtered::Filtered(nft_ctx *ctx, Filter &output_filter, Filter &error_filter)
    : ctx_(ctx),
      output_target_(take(real().set_output, ctx, stdout)),
      error_target_(take(real().set_error, ctx, stderr)),
      output_(output_filter, output_target_),
      error_(error_filter, error_target_) {
    if (!output_.file() || !error_.file()) {
        restore(real().set_output, output_target_);
        restore(real().set_error, error_target_);
        throw std::bad_alloc();
    }
    output_.pair_with(error_);
    error_.pair_with(output_);
    real().set_output(ctx_, output_.file());
    real().set_error(ctx_, error_.file());
}

Filtered::~Filtered() {
    restore(real().set_output, output_target_);
    restore(real().set_error, error_target_);
}

void Filtered::restore(FILE *(*set)(nft_ctx *, FILE *), FILE *target) {
    std::clearerr(target);
    set(ctx_, target);
}

}  // namespace rmirror::plugin
