#include "otherwise/world/spec.h"

#include <algorithm>

#include "otherwise/world/item_values.h"
#include "otherwise/world/kinds.h"
#include "otherwise/world/syntax.h"

namespace otherwise {

Intervention parse_item(std::string_view text) {
    const ItemParts parts = parse_parts(text);
    return find_kind(parts.form->kind)->read(parts);
}

World parse_world(std::string_view text) {
    const auto equals = text.find('=');
    if (equals == std::string_view::npos) {
        refuse_item("NAME=ITEM[,ITEM…]", text, "for example, hot=temp:1.5");
    }
    World world{.name = std::string(text.substr(0, equals)), .interventions = {}};
    check_world_name(world.name);
    const auto items = text.substr(equals + 1);
    if (items.find_first_not_of(" \t\r\n") == std::string_view::npos) {
        refuse_item("at least one ITEM after NAME=", text, "for example, hot=temp:1.5");
    }
    for (const auto& item : split_items(items)) {
        world.interventions.push_back(parse_item(item));
    }
    return world;
}

std::string to_spec(const World& world) {
    std::string text;
    for (const auto& intervention : world.interventions) {
        text += (text.empty() ? "=" : ",") + item_text(intervention);
    }
    return world.name + (text.empty() ? "=" : text);
}

void check_world_name(std::string_view name) {
    const bool sound = !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_' || c == '.' || c == '-';
    });
    if (!sound) {
        refuse_item("a world's name of the letters A-Z a-z 0-9 _ . -", name);
    }
    if (name == "factual" || name == "null" || name == "edited" || name == "nudge" ||
        name.starts_with("nudge-")) {
        refuse_item("a name of your own for a world", name,
                    "factual, null, nudge, nudge-… and edited are reserved");
    }
}

}  // namespace otherwise
