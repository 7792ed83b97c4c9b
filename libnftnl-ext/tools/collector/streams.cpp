// SPDX-License-Identifier: GPL-2.0-only
#include "streams.hpp"

#include <algorithm>
#include <string_view>

#include "decode.hpp"

namespace rmirror::collector {

namespace {

std::string with_key(rmirror_encap encap, std::optional<std::uint32_t> key) {
    std::string text(encap_word(encap));
    if (key)
        text += std::string(" ") + key_word(encap) + " " + std::to_string(*key);
    return text;
}

}  // namespace

const char *key_word(rmirror_encap encap) {
    switch (encap) {
        case RMIRROR_ENCAP_ERSPAN:
        case RMIRROR_ENCAP_ERSPAN3:
            return "session";
        case RMIRROR_ENCAP_VXLAN:
        case RMIRROR_ENCAP_GENEVE:
            return "vni";
        case RMIRROR_ENCAP_GRE:
        case RMIRROR_ENCAP_ERSPAN1:
        case RMIRROR_ENCAP_TZSP:
        case RMIRROR_ENCAP_NONE:
        case __RMIRROR_ENCAP_MAX:
            break;
    }
    return "key";
}

bool Wanted::matches(const Host &source, rmirror_encap encap_of,
                     std::optional<std::uint32_t> key_of) const {
    return (!encap || encap == encap_of) && (!key || key == key_of) &&
           (from.empty() || std::find(from.begin(), from.end(), source.address()) != from.end());
}

std::string Wanted::to_text() const {
    std::string text;
    if (encap)
        text = with_key(*encap, key);
    else if (key)
        text = "key " + std::to_string(*key);
    else
        text = from.empty() ? "anything" : "copies";
    for (const Address &address : from)
        text += (&address == &from.front() ? " from " : " or ") + address.to_text();
    return text;
}

std::string Stream::what() const {
    return with_key(encap, key);
}

std::string Stream::who() const {
    if (rest)
        return "others";
    return encap == RMIRROR_ENCAP_NONE ? "-" : source.address().to_text();
}

std::size_t Streams::Hash::operator()(const Key &key) const {
    const auto bytes = key.source.bytes();
    const std::string_view text(reinterpret_cast<const char *>(bytes.data()), bytes.size());
    return std::hash<std::string_view>()(text) ^
           static_cast<std::size_t>(key.key.value_or(0) * 0x9e3779b97f4a7c15U + key.encap);
}

Streams::Found Streams::find(const Host &source, const Copy &copy) {
    // Most packets are of the stream that the one before is of.
    if (last_ != nullptr && !last_->rest && last_->encap == copy.encap && last_->key == copy.key &&
        last_->source == source)
        return {*last_, false};

    const Key key{source, copy.encap, copy.key};
    const auto found = index_.find(key);
    if (found != index_.end()) {
        last_ = found->second;
        return {*last_, false};
    }
    const bool wanted = wanted_.matches(source, copy.encap, copy.key);
    if ((wanted ? count_wanted_ >= most_streams : count_others_ >= most_others))
        return {*rest_of(copy.encap, wanted), false};
    last_ = &add(key, wanted);
    return {*last_, true};
}

Stream &Streams::add(const Key &key, bool wanted) {
    Stream stream;
    stream.source = key.source;
    stream.encap = key.encap;
    stream.key = key.key;
    stream.wanted = wanted;
    stream.number = wanted ? count_wanted_++ : 0;
    if (!wanted)
        count_others_++;
    streams_.push_back(stream);
    index_.emplace(key, &streams_.back());
    return streams_.back();
}

// One for each encapsulation, beyond the bound
Stream *Streams::rest_of(rmirror_encap encap, bool wanted) {
    const auto found = std::find_if(streams_.begin(), streams_.end(), [&](const Stream &stream) {
        return stream.rest && stream.encap == encap && stream.wanted == wanted;
    });
    if (found != streams_.end())
        return &*found;
    Stream stream;
    stream.encap = encap;
    stream.rest = true;
    stream.wanted = wanted;
    stream.number = wanted ? count_wanted_++ : 0;
    streams_.push_back(stream);
    return &streams_.back();
}

}  // namespace rmirror::collector
