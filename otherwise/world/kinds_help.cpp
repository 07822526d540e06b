#include "otherwise/world/kinds_help.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "otherwise/world/kinds.h"

namespace otherwise {
namespace {

constexpr std::size_t kColumns = 80;
constexpr std::size_t kIndent = 27;  ///< where summaries begin

/// The words of a text in lines that begin at a column, the first of which is at it already.
std::string wrapped(std::string_view text, std::size_t indent) {
    std::string lines;
    std::size_t column = indent;
    while (!text.empty()) {
        const auto end = std::min(text.find(' '), text.size());
        if (column > indent && column + 1 + end > kColumns) {
            lines += "\n" + std::string(indent, ' ');
            column = indent;
        } else if (column > indent) {
            lines += ' ';
            ++column;
        }
        lines += text.substr(0, end);
        column += end;
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return lines;
}

std::string line_of(const Kind& kind) {
    const std::string item = fmt::format("  {}:{}", kind.words.word, kind.words.usage);
    return fmt::format("{:<{}}{}\n", item, kIndent, wrapped(kind.words.summary, kIndent));
}

/// "layers=8-12 (steer, ablate)"
std::string key_text(const OptionForm& option) {
    std::string takers;
    for (const Kind& kind : kinds()) {
        const auto& options = kind.form.options;
        if (std::ranges::find(options, option.key, &OptionForm::key) != options.end()) {
            takers += (takers.empty() ? "" : ", ") + std::string(kind.words.word);
        }
    }
    return fmt::format("{}={} ({})", option.key, option.usage, takers);
}

std::string keys_text() {
    std::vector<std::string> keys;
    for (const Kind& kind : kinds()) {
        for (const OptionForm& option : kind.form.options) {
            auto key = key_text(option);
            if (std::ranges::find(keys, key) == keys.end()) {
                keys.push_back(std::move(key));
            }
        }
    }
    return fmt::format("{}", fmt::join(keys, ", "));
}

}  // namespace

std::string items_help() {
    std::string text = "ITEM is kind:argument[:scale][@key=value;...], one of:\n";
    for (const Kind& kind : kinds()) {
        text += line_of(kind);
    }
    return text +
           wrapped("Keys: " + keys_text() +
                       ". Several items act in the order given. TEXT may be @FILE; quote one that "
                       "holds a comma:",
                   0) +
           "\n--world 'a=prefix:\"Well, \"'.\n\n";
}

}  // namespace otherwise
