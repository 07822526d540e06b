#include "cli/help.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "cli/options.h"
#include "otherwise/base/error.h"
#include "otherwise/base/text.h"
#include "otherwise/console/glyphs.h"
#include "otherwise/world/syntax.h"

namespace otherwise::cli {
namespace {

constexpr int kWidth = 80;
constexpr int kColumn = 27;  // where descriptions start
constexpr std::string_view kCommon = "Options";

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

/// A name and its description, wrapped with a hanging indent.
std::string entry(const std::string& name, const std::string& description) {
    std::string text = "  " + name;
    const std::string indent(kColumn, ' ');
    bool first = true;
    for (const auto& line : wrap(console::cells_of(description), kWidth - kColumn)) {
        const auto used = first ? static_cast<std::size_t>(console::display_width(text)) : 0;
        if (first && used + 2 <= indent.size()) {
            text += indent.substr(used);
        } else {
            text += "\n" + indent;
        }
        text += console::paint(line, false);
        first = false;
    }
    return text + "\n";
}

std::string option_entry(const CLI::Option& option) {
    if (option.get_positional() && names_of(option).empty()) {
        return entry(option.get_name(true), option.get_description());
    }
    std::string name = fmt::format("{}", fmt::join(names_of(option), ", "));
    if (option.get_type_size() != 0) {
        name += " " + option.get_type_name();
    }
    std::string description = option.get_description();
    if (!option.get_default_str().empty()) {
        description += " [" + option.get_default_str() + "]";
    }
    return entry(name, description);
}

std::string group_text(const CLI::App& app, std::string_view group) {
    std::string text;
    for (const auto* option : app.get_options()) {
        if (option->get_group() == group) {
            text += option_entry(*option);
        }
    }
    return text.empty() ? text : fmt::format("\n{}:\n{}", group, text);
}

std::string usage_text(const CLI::App& app, const std::string& name) {
    const auto& description = app.get_description();
    if (const auto end = description.find('\n'); end != std::string::npos) {
        return description.substr(end + 1) + "\n";
    }
    std::string text = "Usage: " + name;
    if (!app.get_subcommands({}).empty()) {
        return text + " COMMAND [options]\n";
    }
    for (const auto* option : app.get_options()) {
        if (option->get_positional()) {
            text += " " + option->get_name(true);
        }
    }
    return text + " [options]\n";
}

std::vector<std::string> command_names(const CLI::App& app) {
    std::vector<std::string> names;
    for (const auto* command : app.get_subcommands({})) {
        names.push_back(command->get_name());
    }
    return names;
}

/// The command that was chosen, or the application.
const CLI::App* chosen(const CLI::App& app) {
    const auto commands = app.get_subcommands();
    return commands.empty() ? &app : commands.front();
}

[[noreturn]] void refuse(const std::string& expected, const std::string& came,
                         const std::string& advice) {
    misuse(
        {.where = "command line", .expected = expected, .came = to_utf8(came), .advice = advice});
}

std::string did_you_mean(const std::string& near) {
    return near.empty() ? "" : "did you mean '" + near + "'?";
}

}  // namespace

void refuse_lone_scale(const CLI::App& command, const std::string& text) {
    if (!read_number<double>(text)) {
        return;
    }
    for (const auto* flag : {"--lora-scaled", "--control-vector-scaled"}) {
        const auto* option = command.get_option_no_throw(flag);
        const auto given = option == nullptr ? std::vector<std::string>() : option->results();
        const auto bare = std::ranges::find_if(given, [](const std::string& file) {
            return !read_number<double>(std::string_view(file).substr(file.rfind(':') + 1));
        });
        if (bare != given.end()) {
            refuse(std::string(flag) + " FILE:SCALE, one value",
                   "'" + *bare + "' and '" + text + "'", "write " + *bare + ":" + text);
        }
    }
}

namespace {

[[noreturn]] void refuse_extra(const CLI::App& command, const std::string& line,
                               const std::string& help) {
    const auto extras = command.remaining(true);
    const auto flag = std::find_if(extras.begin(), extras.end(),
                                   [](const auto& text) { return text.starts_with('-'); });
    if (flag == extras.end()) {
        if (!extras.empty()) {
            refuse_lone_scale(command, extras.front());
        }
        refuse("an option of " + line, extras.empty() ? "more" : "'" + extras.front() + "'",
               "a text with spaces needs quotes; " + help);
    }
    const auto name = flag->substr(0, flag->find('='));
    std::vector<std::string> known;
    for (const auto* option : command.get_options()) {
        const auto names = names_of(*option);
        known.insert(known.end(), names.begin(), names.end());
    }
    const auto near = did_you_mean(nearest_name(name, known));
    refuse("an option of " + line, "'" + name + "'", near.empty() ? help : near);
}

}  // namespace

std::string HelpText::make_help(const CLI::App* app, std::string name,
                                CLI::AppFormatMode /*mode*/) const {
    std::string text = name + ": " + first_line(app->get_description()) + "\n\n";
    text += usage_text(*app, name);
    if (const auto commands = app->get_subcommands({}); !commands.empty()) {
        text += "\nCommands:\n";
        for (const auto* command : commands) {
            text += entry(command->get_name(), first_line(command->get_description()));
        }
    }
    for (const auto& group : app->get_groups()) {
        if (group != kCommon) {
            text += group_text(*app, group);
        }
    }
    text += group_text(*app, kCommon);
    const auto& footer = app->get_footer();
    return footer.empty() ? text : text + "\n" + footer + "\n";
}

void refuse_line(const CLI::App& app, const CLI::ParseError& error) {
    const auto& command = *chosen(app);
    const std::string line =
        "`otherwise" + (&command == &app ? "" : " " + command.get_name()) + "`";
    const std::string help = "see " + line.substr(0, line.size() - 1) + " --help`";
    const std::string what = error.what();
    auto name = what.substr(0, what.find_first_of(": "));
    const auto* option = command.get_option_no_throw(name);
    if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr) {
        refuse_extra(command, line, help);
    }
    if (dynamic_cast<const CLI::RequiredError*>(&error) != nullptr) {
        const bool placed = option != nullptr && option->get_positional();
        refuse((placed ? option->get_name(true) : name) + " for " + line, "none", help);
    }
    if (option != nullptr) {
        name = label_of(*option);
    }
    if (dynamic_cast<const CLI::ExcludesError*>(&error) != nullptr) {
        refuse(name + " or " + what.substr(what.rfind(' ') + 1), "both", help);
    }
    if (what.find("missing") != std::string::npos) {
        refuse("a value after " + name, "none", help);
    }
    if (what.find("At least") != std::string::npos) {
        refuse("more values after " + name, "too few", help);
    }
    if (what.find("received") != std::string::npos) {
        refuse(name + " once", "it again", help);
    }
    refuse("a sound command line", what, help);
}

void check_command(const CLI::App& app, const std::vector<std::string>& arguments) {
    const auto names = command_names(app);
    const auto expected = fmt::format("a command ({})", fmt::join(names, ", "));
    if (arguments.empty()) {
        refuse(expected, "none", "see `otherwise --help`");
    }
    const auto& first = arguments.front();
    const bool known = std::find(names.begin(), names.end(), first) != names.end();
    if (!known && first != "-h" && first != "--help" && first != "--version" &&
        first != "--licenses") {
        const auto near = did_you_mean(nearest_name(first, names));
        refuse(expected, "'" + first + "'", near.empty() ? "see `otherwise --help`" : near);
    }
}

}  // namespace otherwise::cli
