// SPDX-License-Identifier: GPL-2.0-only
//
// jansson does the work.
#include "json_input.hpp"

#include <jansson.h>

#include <cstdlib>
#include <memory>
#include <new>

#include "assignment.hpp"

namespace rmirror::plugin {

namespace {

struct JsonDeleter {
    void operator()(json_t *value) const { json_decref(value); }
};

json_t *needed(json_t *value) {
    return value ? value : throw std::bad_alloc();
}

void append(json_t *array, json_t *value) {
    if (json_array_append_new(array, needed(value)) < 0)
        throw std::bad_alloc();
}

json_t *quota(const std::string &name) {
    return json_pack("{s:s}", "quota", name.c_str());
}

// As Parsed has it
bool is_typed(const json_t *expression) {
    for (const char *made : {"map", "numgen", "jhash", "symhash"})
        if (json_object_get(expression, made))
            return false;
    return true;
}

// Takes value over.
void append_assignment(json_t *array, const Field &field, json_t *value) {
    if (!field.json_match.empty())
        append(array, json_loadb(field.json_match.data(), field.json_match.size(), 0, nullptr));
    append(array, json_pack("{s:{s:o, s:o}}", "mangle", "key",
                            needed(json_loadb(field.json.data(), field.json.size(), 0, nullptr)),
                            "value", value));
}

// A number of the packet is compared: in an assignment nft does not take each of them from JSON
// (fib, socket, ipsec, exthdr). Takes value over.
void append_key(json_t *array, json_t *value) {
    if (is_typed(value))
        append(array, json_pack("{s:{s:s, s:i, s:{s:{s:i, s:o}}}}", "match", "op", "==", "right", 0,
                                "left", "jhash", "mod", 1, "expr", value));
    else
        append_assignment(array, key_field, value);
}

// A statement becomes a quota statement; before, between and behind expressions, which are
// assigned, there is one each.
void append_carrier(json_t *array, const Statement &statement, json_t *options, TableFamily table,
                    Registry &registry, JsonInput &input) {
    const std::string &mark = registry.mark(statement);
    append(array, quota(mark));
    input.statements++;
    if (!statement.has_expression())
        return;
    input.has_expressions = true;
    const bool has_collector = std::holds_alternative<Register>(statement.collector);
    if (has_collector)
        append_assignment(array, field_for(table, statement),
                          json_incref(json_object_get(options, "to")));
    if (has_collector && statement.key_register)
        append(array, quota(Registry::middle_of(mark)));
    if (statement.key_register)
        append_key(array, json_incref(json_object_get(options, "key")));
    append(array, quota(Registry::end_of(mark)));
}

// Replaces the statements of one rule; they are elements of its member "expr".
void rewrite_rule(json_t *rule, Registry &registry, JsonInput &input) {
    json_t *expressions = json_object_get(rule, "expr");
    const char *family = json_string_value(json_object_get(rule, "family"));
    const TableFamily table = table_family(family ? family : "").value_or(TableFamily::ip);
    std::unique_ptr<json_t, JsonDeleter> replaced(needed(json_array()));
    std::size_t i;
    json_t *element;
    const std::size_t before = input.statements;
    json_array_foreach(expressions, i, element) {
        // A statement is an object of one key. What has more is nft's to refuse, in its own words.
        json_t *options =
            json_object_size(element) == 1 ? json_object_get(element, "rmirror") : nullptr;
        if (!options) {
            append(replaced.get(), json_incref(element));
            continue;
        }
        Result<Statement> statement = parse_json_in_rule(options);
        if (!statement) {
            input.error = statement.error().message;
            return;
        }
        append_carrier(replaced.get(), *statement, options, table, registry, input);
    }
    if (input.statements != before && json_object_set_new(rule, "expr", replaced.release()) < 0)
        throw std::bad_alloc();
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
    // Of two members of one name jansson keeps the last: a statement would be gone without a word.
    if (const std::unique_ptr<json_t, JsonDeleter> strict(
            json_loads(text.c_str(), JSON_REJECT_DUPLICATES, &ignored));
        !strict) {
        input.error = ignored.text;
        return input;
    }
    std::unique_ptr<char, decltype(&std::free)> dump(json_dumps(root.get(), 0), &std::free);
    if (!dump)
        throw std::bad_alloc();
    input.text = dump.get();
    return input;
}

}  // namespace rmirror::plugin
