// SPDX-License-Identifier: GPL-2.0-only
//
// What arrives, by who sends it: a stream has one source address, one encapsulation and one key, as
// one mirror's copies have. Source addresses and keys may be invented: the number of streams is
// bounded, and the rest is counted together.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <rmirror/statement.hpp>
#include <string>
#include <unordered_map>
#include <vector>

#include "copy.hpp"
#include "outer.hpp"
#include "sequence.hpp"

namespace rmirror::collector {

// What the user asked for; what is not set is anything.
struct Wanted {
    std::optional<rmirror_encap> encap;
    std::optional<std::uint32_t> key;
    std::vector<Address> from;

    bool matches(const Host &source, rmirror_encap encap_of,
                 std::optional<std::uint32_t> key_of) const;
    // "gre key 7 from 10.0.0.1"
    std::string to_text() const;
};

struct Stream {
    Host source;
    rmirror_encap encap = RMIRROR_ENCAP_GRE;
    std::optional<std::uint32_t> key;
    bool rest = false;  // of all senders and keys that there was no room for
    bool wanted = false;
    std::uint32_t number = 0;  // counted from 0 in the order in which wanted streams came

    std::uint64_t packets = 0;
    std::uint64_t bytes = 0;  // of frames
    std::uint64_t cut = 0;
    Sequence sequence;

    std::string what() const;  // "gre key 7", "erspan session 9", "vxlan vni 42"
    std::string who() const;   // "10.0.0.1"
};

class Streams {
public:
    static constexpr std::size_t most_streams = 1024;
    static constexpr std::size_t most_others = 256;

    explicit Streams(Wanted wanted) : wanted_(std::move(wanted)) {}

    struct Found {
        Stream &stream;
        bool is_new;
    };
    Found find(const Host &source, const Copy &copy);

    const Wanted &wanted() const { return wanted_; }
    const std::deque<Stream> &all() const { return streams_; }

private:
    struct Key {
        Host source;
        rmirror_encap encap;
        std::optional<std::uint32_t> key;

        friend bool operator==(const Key &, const Key &) = default;
    };
    struct Hash {
        std::size_t operator()(const Key &key) const;
    };

    Stream &add(const Key &key, bool wanted);
    Stream *rest_of(rmirror_encap encap, bool wanted);

    Wanted wanted_;
    std::deque<Stream> streams_;  // their addresses last
    std::unordered_map<Key, Stream *, Hash> index_;
    Stream *last_ = nullptr;
    std::uint32_t count_wanted_ = 0;
    std::size_t count_others_ = 0;
};

// How the key of an encapsulation is called: key, session, vni
const char *key_word(rmirror_encap encap);

}  // namespace rmirror::collector
