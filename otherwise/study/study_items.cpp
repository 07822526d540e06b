#include "otherwise/study/study_items.h"

#include <algorithm>
#include <sstream>
#include <utility>

#include "otherwise/base/error.h"
#include "otherwise/base/joined.h"
#include "otherwise/base/text.h"
#include "otherwise/world/kinds.h"
#include "otherwise/world/spec.h"
#include "otherwise/world/syntax.h"

namespace otherwise {
namespace {

const ItemForm* form_of(std::string_view key) {
    const Kind* kind = find_kind(key);
    return kind == nullptr ? nullptr : &kind->form;
}

/// The keys that a table of this kind takes; of every kind without one.
std::vector<std::string> keys_of(const ItemForm* form) {
    std::vector<std::string> keys;
    if (form == nullptr) {
        for (const Kind& each : kinds()) {
            keys.emplace_back(each.words.word);
        }
        return keys;
    }
    keys.emplace_back(form->kind);
    if (form->scaled) {
        keys.emplace_back("scale");
    }
    if (form->placed) {
        keys.emplace_back("at");
    }
    for (const OptionForm& option : form->options) {
        keys.emplace_back(option.key);
    }
    return keys;
}

[[noreturn]] void refuse(const std::string& expected, const std::string& came,
                         const std::string& where, const std::string& advice = {}) {
    misuse({.where = "read_items", .expected = expected, .came = came + where, .advice = advice});
}

/// A text or a number as it stands in the text form.
std::string plain_text(const std::string& key, const toml::node& node, const std::string& source) {
    if (const auto* text = node.as_string()) {
        return text->get();
    }
    if (const auto* number = node.as_integer()) {
        return write_number(number->get());
    }
    if (const auto* number = node.as_floating_point()) {
        return write_number(number->get());
    }
    refuse(key + " with a text or a number", "something else", place(source, node));
}

/// The value of an option; of a list, its parts with commas between.
std::string option_text(const OptionForm& option, const toml::node& node,
                        const std::string& source) {
    const std::string key(option.key);
    const auto* array = node.as_array();
    if (!option.list || array == nullptr) {
        return plain_text(key, node, source);
    }
    std::string text;
    for (const auto& entry : *array) {
        text += (text.empty() ? "" : ",") + plain_text(key, entry, source);
    }
    return text;
}

/// The argument: token numbers are put between spaces.
std::string argument_of(const std::string& kind, const toml::node& node, const std::string& source,
                        bool& tokens) {
    const auto* array = node.as_array();
    tokens = array != nullptr;
    if (!tokens) {
        return plain_text(kind, node, source);
    }
    std::string text;
    for (const auto& entry : *array) {
        if (!entry.is_integer()) {
            refuse(kind + " with a text or token numbers", "something else", place(source, entry));
        }
        text += (text.empty() ? "" : " ") + plain_text(kind, entry, source);
    }
    return text;
}

/// The form of the item that a table writes. Refuses keys that are not of that form.
const ItemForm& checked_form(const toml::table& table, const std::string& source) {
    const ItemForm* form = nullptr;
    for (const auto& [key, node] : table) {
        form = form == nullptr ? form_of(key.str()) : form;
    }
    const auto known = keys_of(form);
    for (const auto& [key, node] : table) {
        const std::string name(key.str());
        if (std::ranges::find(known, name) == known.end()) {
            const auto near = nearest_name(name, known);
            refuse(form == nullptr
                       ? "an item with one of the keys " + joined(known)
                       : "the keys of " + std::string(form->kind) + " (" + joined(known) + ")",
                   "'" + name + "'", place(source, key.source()),
                   near.empty() ? "" : "did you mean '" + near + "'?");
        }
    }
    if (form == nullptr) {
        refuse("an item with one of the keys " + joined(known), "none", place(source, table));
    }
    return *form;
}

/// The text form of a table.
std::string item_of(const toml::table& table, const std::string& source) {
    const ItemForm& form = checked_form(table, source);
    bool tokens = false;
    const std::string kind(form.kind);
    const std::string argument = argument_of(kind, *table.get(kind), source, tokens);
    std::string text = kind + ":";
    if (form.placed) {
        const auto* at = table.get("at");
        text += (at == nullptr ? "" : plain_text("at", *at, source)) + ":";
    }
    // Files for texts and numbers keep their meaning outside quotes only.
    const bool file = form.takes_text() && argument.starts_with('@');
    const bool bare = file || tokens || table.get(kind)->is_integer();
    text += bare ? argument : quote(argument);
    if (const auto* scale = table.get("scale")) {
        text += ":" + plain_text("scale", *scale, source);
    }
    std::string options = tokens ? "@as=tokens" : "";
    for (const OptionForm& option : form.options) {
        if (const auto* value = table.get(option.key)) {
            options += options.empty() ? "@" : ";";
            options.append(option.key).append("=").append(option_text(option, *value, source));
        }
    }
    return text + options;
}

}  // namespace

std::string place(const std::string& source, const toml::source_region& region) {
    return source.empty()
               ? ""
               : " in line " + std::to_string(region.begin.line) + " of '" + source + "'";
}

std::string place(const std::string& source, const toml::node& node) {
    return place(source, node.source());
}

void with_place(const std::string& source, const toml::source_region& region,
                const std::function<void()>& body) {
    try {
        body();
    } catch (const Error& error) {
        Complaint complaint = error.complaint();
        complaint.came += place(source, region);
        throw Error(error.fault(), complaint);
    }
}

bool names_kind(const toml::table& table) {
    return std::ranges::any_of(
        table, [](const auto& entry) { return form_of(entry.first.str()) != nullptr; });
}

std::vector<Intervention> read_items(const std::string& key, const toml::node& node,
                                     const std::string& source) {
    std::vector<Intervention> interventions;
    const auto take = [&](const toml::node& entry) {
        with_place(source, entry.source(), [&] {
            const auto* text = entry.as_string();
            for (const auto& item :
                 text == nullptr ? std::vector<std::string>{} : split_items(text->get())) {
                interventions.push_back(parse_item(item));
            }
        });
        if (const auto* table = entry.as_table()) {
            const auto item = item_of(*table, source);
            with_place(source, entry.source(), [&] { interventions.push_back(parse_item(item)); });
        } else if (!entry.is_string()) {
            refuse(key + " with items, \"kind:argument\" or { kind = argument }", "something else",
                   place(source, entry));
        }
    };
    if (const auto* array = node.as_array()) {
        for (const auto& entry : *array) {
            take(entry);
        }
    } else {
        take(node);
    }
    if (interventions.empty()) {
        refuse(key + " with at least one item", "none", place(source, node));
    }
    return interventions;
}

}  // namespace otherwise
