// Internal to kinds.cpp: the parts that the kinds of interventions are made of.
//
// A part is one member of an intervention, or a few: what it adds to the form of its kind
// (`declare`), how it is read from an item (`read`), written (`write`) and shown to people
// (`show`).
#pragma once

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "otherwise/world/item_values.h"
#include "otherwise/world/kinds.h"

namespace otherwise::parts {

/// The class and the type of a pointer to a member.
template <typename Pointer>
struct MemberOf;
template <typename Owner, typename Value>
struct MemberOf<Value Owner::*> {
    using Item = Owner;
};
template <auto Member>
using Item = typename MemberOf<decltype(Member)>::Item;  // NOLINT(*-redundant-typename): Clang 15

/// What parts do unless they say otherwise.
struct Part {
    static void declare(Kind& /*kind*/) {}
    static void show(const auto& /*item*/, std::string& /*line*/) {}
};

/// FILE
template <auto Member>
struct File : Part {
    static void declare(Kind& kind) {
        kind.form.argument = Argument::file;
        kind.file = [](Intervention& item) { return &(std::get<Item<Member>>(item).*Member); };
    }
    static void read(const ItemParts& parts, Item<Member>& item) {
        item.*Member = read_path(parts);
    }
    static void write(const Item<Member>& item, ItemText& text) {
        text.argument = argument_text(item.*Member);
    }
    static void show(const Item<Member>& item, std::string& line) {
        line += " " + file_name(item.*Member);
    }
};

enum class Empty { refused, allowed };

/// TEXT or @FILE
template <auto Member, Empty empty = Empty::refused>
struct Text : Part {
    static void declare(Kind& kind) { kind.form.argument = Argument::text; }
    static void read(const ItemParts& parts, Item<Member>& item) {
        item.*Member = empty == Empty::allowed ? read_text(parts) : read_some_text(parts);
    }
    static void write(const Item<Member>& item, ItemText& text) {
        text.argument = argument_text(item.*Member);
    }
    static void show(const Item<Member>& item, std::string& line) {
        line += " " + shown_text(item.*Member);
    }
};

/// One of Words::all().
template <auto Member, typename Words>
struct Word : Part {
    static void declare(Kind& kind) { kind.form.argument = Argument::word; }
    static void read(const ItemParts& parts, Item<Member>& item) {
        item.*Member = known_word(parts.argument, Words::all(), Words::what);
    }
    static void write(const Item<Member>& item, ItemText& text) {
        text.argument = argument_text(item.*Member);
    }
    static void show(const Item<Member>& item, std::string& line) { line += " " + item.*Member; }
};

/// A number from Range::low to Range::high that can be varied.
template <auto Member, typename Range>
struct Number : Part {
    static void declare(Kind& kind) {
        kind.form.argument = Argument::number;
        kind.dose = Range::dose;
        kind.number = [](Intervention& item) { return &(std::get<Item<Member>>(item).*Member); };
    }
    static void read(const ItemParts& parts, Item<Member>& item) {
        item.*Member = read_number_within(parts, Range::low, Range::high, Range::what);
    }
    static void write(const Item<Member>& item, ItemText& text) {
        text.argument = write_number(item.*Member);
    }
    static void show(const Item<Member>& item, std::string& line) {
        line += Range::dose == Dose::scale ? shown_scale(item.*Member)
                                           : " " + write_number(item.*Member);
    }
};

/// A whole number from 0.
template <auto Member, typename Range>
struct Count : Part {
    static void declare(Kind& kind) { kind.form.argument = Argument::number; }
    static void read(const ItemParts& parts, Item<Member>& item) {
        const auto count = read_count(parts.argument);
        if (!count) {
            refuse_item(Range::what, parts.argument);
        }
        item.*Member = *count;
    }
    static void write(const Item<Member>& item, ItemText& text) {
        text.argument = write_number(item.*Member);
    }
    static void show(const Item<Member>& item, std::string& line) {
        line += " " + write_number(item.*Member);
    }
};

/// :SCALE
template <auto Member>
struct Scale : Part {
    static void declare(Kind& kind) {
        kind.form.scaled = true;
        kind.dose = Dose::scale;
        kind.number = [](Intervention& item) { return &(std::get<Item<Member>>(item).*Member); };
    }
    static void read(const ItemParts& parts, Item<Member>& item) {
        item.*Member = read_scale(parts);
    }
    static void write(const Item<Member>& item, ItemText& text) {
        text.scale = scale_text(item.*Member);
    }
    static void show(const Item<Member>& item, std::string& line) {
        line += shown_scale(item.*Member);
    }
};

/// layers=A-B
template <auto Member>
struct Layers : Part {
    static void declare(Kind& kind) {
        kind.form.options.push_back({.key = "layers", .usage = "8-12"});
    }
    static void read(const ItemParts& parts, Item<Member>& item) {
        item.*Member = read_layers(parts);
    }
    static void write(const Item<Member>& item, ItemText& text) {
        text.options.emplace_back("layers", layers_text(item.*Member));
    }
    static void show(const Item<Member>& item, std::string& line) {
        line += shown_layers(item.*Member);
    }
};

/// scope=prompt|written|all
template <auto Member>
struct InScope : Part {
    static void declare(Kind& kind) {
        kind.form.options.push_back({.key = "scope", .usage = "prompt|written|all"});
    }
    static void read(const ItemParts& parts, Item<Member>& item) {
        item.*Member = read_scope(parts);
    }
    static void write(const Item<Member>& item, ItemText& text) {
        text.options.emplace_back("scope", scope_text(item.*Member));
    }
    static void show(const Item<Member>& item, std::string& line) {
        line += shown_scope(item.*Member);
    }
};

/// seed=N
template <auto Member>
struct Seed : Part {
    static void declare(Kind& kind) { kind.form.options.push_back({.key = "seed", .usage = "N"}); }
    static void read(const ItemParts& parts, Item<Member>& item) {
        if (const std::string* text = find_option(parts, "seed")) {
            const auto seed = read_count(*text);
            if (!seed) {
                refuse_item("a seed from 0", *text);
            }
            item.*Member = *seed;
        }
    }
    static void write(const Item<Member>& item, ItemText& text) {
        text.options.emplace_back("seed", item.*Member == 0 ? "" : write_number(item.*Member));
    }
    static void show(const Item<Member>& item, std::string& line) {
        line += item.*Member == 0 ? "" : ", seed " + write_number(item.*Member);
    }
};

/// A donor prompt, TEXT or @FILE, or nothing for each string's own.
struct Donor : Part {
    static void declare(Kind& kind) { kind.form.argument = Argument::text; }
    static void read(const ItemParts& parts, Patch& item);
    static void write(const Patch& item, ItemText& text);
    static void show(const Patch& item, std::string& line);
};

/// Layers that have to be named.
template <auto Member>
struct NeededLayers : Layers<Member> {
    static void read(const ItemParts& parts, Item<Member>& item) {
        Layers<Member>::read(parts, item);
        if (item.*Member == LayerRange{}) {
            refuse_item("layers for " + std::string(parts.form->kind) +
                            ", as @layers=12 or, for "
                            "all of them, @layers=0-",
                        parts.argument);
        }
    }
};

/// site=NODE
template <auto Member>
struct SiteNode : Part {
    static void declare(Kind& kind) {
        kind.form.options.push_back({.key = "site", .usage = "l_out"});
    }
    static void read(const ItemParts& parts, Item<Member>& item) {
        if (const std::string* node = find_option(parts, "site")) {
            item.*Member = *node;
        }
    }
    static void write(const Item<Member>& item, ItemText& text) {
        const Item<Member> usual;
        text.options.emplace_back("site", item.*Member == usual.*Member ? "" : item.*Member);
    }
    static void show(const Item<Member>& item, std::string& line) {
        const Item<Member> usual;
        line += item.*Member == usual.*Member ? "" : " at " + item.*Member;
    }
};

/// rows=3,5-7,-1
template <auto Member>
struct Rows : Part {
    static void declare(Kind& kind) {
        kind.form.options.push_back({.key = "rows", .usage = "3,5-7,-1", .list = true});
    }
    static void read(const ItemParts& parts, Item<Member>& item) {
        item.*Member = read_rows(parts);
    }
    static void write(const Item<Member>& item, ItemText& text) {
        text.options.emplace_back("rows", rows_text(item.*Member));
    }
    static void show(const Item<Member>& item, std::string& line) {
        line += (item.*Member).empty() ? ", all rows" : ", rows " + rows_text(item.*Member);
    }
};

/// T:TEXT, or T:TOKENS@as=tokens
struct Forced : Part {
    static void declare(Kind& kind) {
        kind.form.argument = Argument::text;
        kind.form.placed = true;
        kind.form.options.push_back({.key = "as", .usage = "tokens"});
    }
    static void read(const ItemParts& parts, Force& item);
    static void write(const Force& item, ItemText& text);
    static void show(const Force& item, std::string& line);
};

/// TOKEN:X, the token by its number or, else or in quotes, by its text; X nats or "off".
struct Biased : Part {
    static void declare(Kind& kind);
    static void read(const ItemParts& parts, Bias& item);
    static void write(const Bias& item, ItemText& text);
    static void show(const Bias& item, std::string& line);
};

/// The row of a kind, of its words and its parts in their order.
template <typename T, typename... Parts>
Kind row(const KindWords& words) {
    Kind kind{.words = words,
              .form = {.kind = words.word},
              .read = [](const ItemParts& parts) -> Intervention {
                  T item;
                  (Parts::read(parts, item), ...);
                  return item;
              },
              .write =
                  [](const Intervention& item) {
                      ItemText text;
                      (Parts::write(std::get<T>(item), text), ...);
                      return text;
                  },
              .show =
                  [](const Intervention& item) {
                      std::string line;
                      (Parts::show(std::get<T>(item), line), ...);
                      return line;
                  },
              .number = [](Intervention& /*item*/) -> float* { return nullptr; }};
    (Parts::declare(kind), ...);
    return kind;
}

}  // namespace otherwise::parts
