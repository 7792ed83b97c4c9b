// SPDX-License-Identifier: GPL-2.0-only
//
// jansson does the work.
#include "json_input.hpp"

#include <jansson.h>

#include <cstdlib>
#include <memory>
#include <new>

namespace rmirror::plugin {

namespace {

struct JsonDeleter {
    void operator()(json_t *value) const { json_decref(value); }
};

// Replaces the statements of one rule; they are elements of its member "expr".
void rewrite_rule(json_t *rule, Registry &registry, JsonInput &input) {
    json_t *expressions = json_object_get(rule, "expr");
    for (std::size_t i = 0; i < json_array_size(expressions); i++) {
        // A statement is an object of one key. What has more is nft's to refuse, in its own words.
        json_t *element = json_array_get(expressions, i);
        json_t *options =
            json_object_size(element) == 1 ? json_object_get(element, "rmirror") : nullptr;
        if (!options)
            continue;
        Result<Statement> statement = parse_json(options);
        if (!statement) {
            input.error = statement.error().message;
            return;
        }
        json_t *carrier = json_pack("{s:s}", "quota", registry.mark(*statement).c_str());
        if (!carrier || json_array_set_new(expressions, i, carrier) < 0)
            throw std::bad_alloc();
        input.statements++;
    }
}

// {"rule": ...} or {"add": {"rule": ...}}, with any other verb.
void rewrite_command(json_t *command, Registry &registry, JsonInput &input) {
    const char *key;
    json_t *value;
    json_object_foreach(command, key, value) {
        json_t *rule = std::string_view(key) == "rule" ? value : json_object_get(value, "rule");
        if (rule && !input.error)
            rewrite_rule(rule, registry, input);
    }
}

}  // namespace

std::optional<JsonInput> rewrite_json(const std::string &text, Registry &registry) {
    json_error_t ignored;
    std::unique_ptr<json_t, JsonDeleter> root(json_loads(text.c_str(), 0, &ignored));
    if (!root)
        return std::nullopt;
    JsonInput input;
    std::size_t i;
    json_t *command;
    json_array_foreach(json_object_get(root.get(), "nftables"), i, command) {
        rewrite_command(command, registry, input);
        if (input.error)
            return input;
    }
    if (input.statements == 0)
        return input;
    std::unique_ptr<char, decltype(&std::free)> dump(json_dumps(root.get(), 0), &std::free);
    if (!dump)
        throw std::bad_alloc();
    input.text = dump.get();
    return input;
}

}  // namespace rmirror::plugin
