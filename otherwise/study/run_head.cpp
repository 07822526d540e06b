#include "otherwise/study/run_head.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>

#include "otherwise/base/error.h"
#include "otherwise/base/hash.h"
#include "otherwise/generate/chat_record.h"
#include "otherwise/study/lists.h"

namespace otherwise {
namespace {

/// The table `meta`.
class Meta {
public:
    explicit Meta(const Database& database) {
        auto statement = database.prepare("SELECT key, value FROM meta");
        while (statement.step()) {
            values_[std::string(statement.text(0))] = std::string(statement.text(1));
        }
    }

    [[nodiscard]] std::string text(const std::string& key) const {
        const auto found = values_.find(key);
        if (found == values_.end()) {
            fail({.where = "read_head",
                  .expected = "a whole run file",
                  .came = "one without '" + key + "' in its table meta"});
        }
        return found->second;
    }
    template <typename T>
    [[nodiscard]] T number(const std::string& key) const {
        const std::string value = text(key);
        T result{};
        const auto [end, fault] =
            std::from_chars(value.data(), value.data() + value.size(), result);
        if (fault != std::errc() || end != value.data() + value.size()) {
            fail({.where = "read_head",
                  .expected = "a number for '" + key + "' in the table meta",
                  .came = "'" + value + "'"});
        }
        return result;
    }
    [[nodiscard]] bool has(const std::string& key) const { return values_.contains(key); }
    [[nodiscard]] bool flag(const std::string& key) const { return text(key) == "1"; }

private:
    std::map<std::string, std::string> values_;
};

std::string words(const std::vector<std::string>& list) { return nlohmann::json(list).dump(); }

std::vector<std::string> read_words(const std::string& text) {
    const auto json = nlohmann::json::parse(text, nullptr, false);
    std::vector<std::string> list;
    for (const auto& entry : json.is_array() ? json : nlohmann::json::array()) {
        list.push_back(entry.is_string() ? entry.get<std::string>() : entry.dump());
    }
    return list;
}

std::string flag(bool value) { return value ? "1" : "0"; }

void write_meta(Database& database, const RunHead& head) {
    auto insert = database.prepare("INSERT INTO meta VALUES (?, ?)");
    const std::pair<const char*, std::string> entries[] = {
        {"study", head.study},
        {"settings", head.settings},
        {"machine", head.machine},
        {"model", head.model},
        {"model_name", head.model_name},
        {"model_sha256", head.model_sha256},
        {"quantization", head.quantization},
        {"factual", head.factual},
        {"seed", std::to_string(head.seed)},
        {"samples", std::to_string(head.samples)},
        {"tokens", std::to_string(head.tokens)},
        {"chat", flag(head.chat)},
        {"chat_template", head.chat_template},
        {"chat_date", head.chat_date},
        {"independent", flag(head.independent)},
        {"all_null", flag(head.all_null)},
        {"all_nudge", flag(head.all_nudge)},
        {"smooth", flag(head.smooth)},
        {"laws", flag(head.laws)},
        {"masked", write_list(head.masked)},
        {"targets", words(head.targets)},
        {"off_targets", words(head.off_targets)},
        {"shard", std::to_string(head.shard.index)},
        {"shards", std::to_string(head.shard.count)},
        {"repacked", flag(head.repacked)},
        {"least_rows", std::to_string(head.least_rows)},
        {"tiled", flag(head.tiled)},
        {"tiled_texts", flag(head.tiled_texts)},
    };
    for (const auto& [key, value] : entries) {
        insert.bind(0, std::string_view(key));
        insert.bind(1, std::string_view(value));
        insert.run();
    }
}

void write_files(Database& database, const std::vector<StoredFile>& files) {
    auto insert = database.prepare("INSERT OR REPLACE INTO files VALUES (?, ?, ?)");
    for (const auto& file : files) {
        insert.bind(0, std::string_view(file.path));
        insert.bind(1, std::string_view(file.sha256));
        insert.bind(2, file.bytes);
        insert.run();
    }
}

void write_worlds(Database& database, const RunHead& head) {
    auto insert = database.prepare("INSERT INTO worlds VALUES (?, ?, ?, ?, ?, ?, ?)");
    for (std::size_t i = 0; i < head.worlds.size(); ++i) {
        const auto& world = head.worlds[i];
        insert.bind(0, static_cast<std::int64_t>(i));
        insert.bind(1, std::string_view(world.name));
        insert.bind(2, std::string_view(world.items));
        insert.bind(3, std::string_view(world.description));
        insert.bind(4, static_cast<int>(world.role));
        insert.bind(5, world.acted ? 1 : 0);
        insert.bind(6, std::string_view(world.nudge));
        insert.run();
    }
    auto probe = database.prepare("INSERT INTO probes VALUES (?, ?, ?, ?)");
    for (const auto& entry : head.probes) {
        probe.bind(0, std::string_view(entry.world));
        probe.bind(1, entry.probe.invariant ? 1 : 0);
        probe.bind(2, entry.probe.worst);
        probe.bind(3, std::string_view(entry.probe.shape));
        probe.run();
    }
}

void bind_tokens(Statement& statement, int index, const std::optional<Tokens>& tokens) {
    if (tokens) {
        statement.bind(index, std::string_view(write_list(*tokens)));
    } else {
        statement.bind_null(index);
    }
}

void write_strings(Database& database, const std::vector<StoredString>& strings) {
    auto insert = database.prepare("INSERT INTO strings VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    for (std::size_t i = 0; i < strings.size(); ++i) {
        const auto& string = strings[i];
        const auto& subject = string.subject;
        insert.bind(0, static_cast<std::int64_t>(i));
        insert.bind(1, std::string_view(subject.id));
        insert.bind(2, std::string_view(subject.prompt));
        bind_tokens(insert, 3,
                    subject.from_tokens ? std::optional(subject.prompt_tokens) : std::nullopt);
        insert.bind(4, string.prompt_length);
        bind_tokens(insert, 5, subject.observed);
        insert.bind(6, string.in_null ? 1 : 0);
        insert.bind(7, static_cast<int>(string.state));
        insert.bind(8, string.in_nudge ? 1 : 0);
        if (subject.messages.empty()) {
            insert.bind_null(9);
        } else {
            insert.bind(9, std::string_view(chat_text(subject.messages)));
        }
        if (subject.donor.empty()) {
            insert.bind_null(10);
        } else {
            insert.bind(10, std::string_view(subject.donor));
        }
        insert.run();
    }
}

std::vector<StoredFile> read_files(const Database& database) {
    std::vector<StoredFile> files;
    auto rows = database.prepare("SELECT path, sha256, bytes FROM files ORDER BY path");
    while (rows.step()) {
        files.push_back({.path = std::string(rows.text(0)),
                         .sha256 = std::string(rows.text(1)),
                         .bytes = rows.integer(2)});
    }
    return files;
}

/// Files of older versions lack columns of newer ones.
std::string column(const Database& database, const char* table, const char* name) {
    const auto count = database.number(std::string("SELECT count(*) FROM pragma_table_info('")
                                           .append(table)
                                           .append("') WHERE name = '")
                                           .append(name)
                                           .append("'"));
    return count == 1 ? name : "NULL";
}

void read_worlds(const Database& database, RunHead& head) {
    auto rows =
        database.prepare("SELECT name, items, description, null_world, acted, " +
                         column(database, "worlds", "nudge") + " FROM worlds ORDER BY world");
    while (rows.step()) {
        head.worlds.push_back({.name = std::string(rows.text(0)),
                               .items = std::string(rows.text(1)),
                               .description = std::string(rows.text(2)),
                               .role = static_cast<WorldRole>(rows.whole(3)),
                               .nudge = std::string(rows.text(5)),
                               .acted = rows.integer(4) != 0});
    }
    auto probes = database.prepare("SELECT world, invariant, worst, shape FROM probes");
    while (probes.step()) {
        head.probes.push_back({.world = std::string(probes.text(0)),
                               .probe = {.invariant = probes.integer(1) != 0,
                                         .worst = probes.real(2),
                                         .shape = std::string(probes.text(3))}});
    }
}

std::vector<StoredString> read_strings_table(const Database& database) {
    std::vector<StoredString> strings;
    auto rows = database.prepare(
        "SELECT id, prompt, prompt_tokens, prompt_length, observed, in_null, state, " +
        column(database, "strings", "in_nudge") + ", " + column(database, "strings", "messages") +
        ", " + column(database, "strings", "donor") + " FROM strings ORDER BY string");
    while (rows.step()) {
        StoredString string;
        string.subject.id = rows.text(0);
        string.subject.noise = hash64(string.subject.id);
        string.subject.prompt = rows.text(1);
        string.subject.from_tokens = !rows.is_null(2);
        if (string.subject.from_tokens) {
            string.subject.prompt_tokens = read_token_list(rows.text(2));
        }
        string.prompt_length = rows.whole(3);
        if (!rows.is_null(4)) {
            string.subject.observed = read_token_list(rows.text(4));
        }
        string.in_null = rows.integer(5) != 0;
        string.state = static_cast<StringState>(rows.whole(6));
        string.in_nudge = !rows.is_null(7) && rows.whole(7) != 0;
        if (!rows.is_null(8)) {
            string.subject.messages = read_chat_text(rows.text(8));
        }
        string.subject.donor = rows.is_null(9) ? "" : rows.text(9);
        strings.push_back(std::move(string));
    }
    return strings;
}

/// The first line of each text where they differ; nothing where they are equal.
std::optional<std::pair<std::string, std::string>> first_difference(const std::string& a,
                                                                    const std::string& b) {
    const auto left = setting_lines(a);
    const auto right = setting_lines(b);
    for (std::size_t i = 0; i < std::max(left.size(), right.size()); ++i) {
        const std::string x = i < left.size() ? left[i] : "nothing more";
        const std::string y = i < right.size() ? right[i] : "nothing more";
        if (x != y) {
            return std::pair(x, y);
        }
    }
    return std::nullopt;
}

}  // namespace

int RunHead::pairs_of(std::size_t string) const {
    int pairs = 0;
    for (const auto& world : worlds) {
        if (world.role == WorldRole::change) {
            pairs += independent ? 2 : 1;
        } else {
            const auto& its = strings[string];
            const bool runs = world.role == WorldRole::null ? its.in_null : its.in_nudge;
            pairs += runs ? 1 : 0;
        }
    }
    return pairs * samples;
}

std::optional<std::size_t> RunHead::nudge_of(std::size_t world) const {
    const std::string& name = worlds[world].nudge;
    const auto found = std::ranges::find(worlds, name, &StoredWorld::name);
    return name.empty() || found == worlds.end()
               ? std::nullopt
               : std::optional(static_cast<std::size_t>(found - worlds.begin()));
}

std::vector<WorldLabel> RunHead::labels() const {
    std::vector<WorldLabel> labels;
    for (std::size_t w = 0; w < worlds.size(); ++w) {
        labels.push_back({.name = worlds[w].name, .role = worlds[w].role, .nudge = nudge_of(w)});
    }
    return labels;
}

void write_head(Database& database, const RunHead& head) {
    write_meta(database, head);
    write_files(database, head.files);
    write_worlds(database, head);
    write_strings(database, head.strings);
}

void rename_files(Database& database, const RunHead& head) {
    auto update = database.prepare("UPDATE meta SET value = ? WHERE key = ?");
    const std::pair<const char*, const std::string*> entries[] = {{"model", &head.model},
                                                                  {"study", &head.study}};
    for (const auto& [key, value] : entries) {
        update.bind(0, std::string_view(*value));
        update.bind(1, std::string_view(key));
        update.run();
    }
    database.run("DELETE FROM files");
    write_files(database, head.files);
    auto items = database.prepare("UPDATE worlds SET items = ?, description = ? WHERE name = ?");
    for (const auto& world : head.worlds) {
        items.bind(0, std::string_view(world.items));
        items.bind(1, std::string_view(world.description));
        items.bind(2, std::string_view(world.name));
        items.run();
    }
}

RunHead read_head(const Database& database) {
    const Meta meta(database);
    RunHead head{.study = meta.text("study"),
                 .settings = meta.text("settings"),
                 .machine = meta.text("machine"),
                 .created = meta.text("created"),
                 .model = meta.text("model"),
                 .model_name = meta.text("model_name"),
                 .model_sha256 = meta.text("model_sha256"),
                 .quantization = meta.text("quantization"),
                 .smooth = meta.has("smooth") && meta.flag("smooth"),
                 .factual = meta.text("factual"),
                 .seed = meta.number<std::uint64_t>("seed"),
                 .samples = meta.number<int>("samples"),
                 .tokens = meta.number<int>("tokens"),
                 .chat = meta.flag("chat"),
                 .chat_template = meta.has("chat_template") ? meta.text("chat_template") : "",
                 .chat_date = meta.has("chat_date") ? meta.text("chat_date") : "",
                 .independent = meta.flag("independent"),
                 .all_null = meta.flag("all_null"),
                 .all_nudge = meta.has("all_nudge") && meta.flag("all_nudge"),
                 .knows_nudges = meta.has("all_nudge"),
                 .laws = meta.flag("laws"),
                 .masked = meta.has("masked") ? read_token_list(meta.text("masked")) : Tokens{},
                 .targets = read_words(meta.text("targets")),
                 .off_targets = read_words(meta.text("off_targets")),
                 .shard = {.index = meta.number<int>("shard"), .count = meta.number<int>("shards")},
                 .files = read_files(database),
                 .worlds = {},
                 .probes = {},
                 .strings = read_strings_table(database)};
    if (meta.has("least_rows")) {  // else of a version that probed each time
        head.repacked = meta.flag("repacked");
        head.least_rows = meta.number<int>("least_rows");
        head.tiled = meta.has("tiled") && meta.flag("tiled");
        head.tiled_texts = meta.has("tiled_texts") && meta.flag("tiled_texts");
    }
    read_worlds(database, head);
    return head;
}

bool is_finished(const Database& database, const RunHead& head) {
    for (std::size_t i = 0; i < head.strings.size(); ++i) {
        if (head.shard.has(i) && head.strings[i].state == StringState::waiting) {
            return false;
        }
    }
    const auto* waiting = "SELECT 1 FROM draws WHERE law = 0 AND (observed = 0 OR sample = 0)";
    return !head.laws || !database.number(waiting);
}

std::vector<std::string> setting_lines(const std::string& text) {
    std::vector<std::string> lines;
    std::string table;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) {
        if (line.starts_with('[')) {
            table = line.substr(1, line.size() - 2) + ".";
        } else if (!line.empty()) {
            lines.push_back(table + line);
        }
    }
    return lines;
}

void require_same(const RunHead& stored, const RunHead& now, const std::string& file,
                  const std::string& what, bool force) {
    if (stored.chat && stored.chat_template.empty() && !now.chat_template.empty()) {
        misuse({.where = "require_same",
                .expected = "a run whose chats went through the model's own template",
                .came = "'" + file + "', written before they did",
                .advice = "run it anew: its prompts were others"});
    }
    if (const auto lines = first_difference(stored.settings, now.settings)) {
        misuse({.where = "require_same",
                .expected = "the study of '" + file + "' (" + lines->first + ")",
                .came = what + " with another one (" + lines->second + ")"});
    }
    const auto lines = first_difference(stored.machine, now.machine);
    if (lines && !force) {
        misuse({.where = "require_same",
                .expected = "the machine of '" + file + "' (" + lines->first + ")",
                .came = what + " with another one (" + lines->second + ")",
                .advice = "results may differ in their last bits; " + setting("force") +
                          " mixes them anyway"});
    }
}

}  // namespace otherwise
