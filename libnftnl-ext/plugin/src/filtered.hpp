// SPDX-License-Identifier: GPL-2.0-only
//
// The output and the errors of a context pass through filters as long as this lives.
#pragma once

#include "stream.hpp"

struct nft_ctx;

namespace rmirror::plugin {

class Filtered {
public:
    Filtered(nft_ctx *ctx, Filter &output_filter, Filter &error_filter);
    ~Filtered();
    Filtered(const Filtered &) = delete;

    Stream &error() { return error_; }

private:
    // A context tells its FILE only when it gets another one.
    static FILE *take(FILE *(*set)(nft_ctx *, FILE *), nft_ctx *ctx, FILE *usual);
    void restore(FILE *(*set)(nft_ctx *, FILE *), FILE *target);

    nft_ctx *ctx_;
    FILE *output_target_;
    FILE *error_target_;
    Stream output_;
    Stream error_;
};

}  // namespace rmirror::plugin
